import { Fault } from '@fermata/contracts';
import type { DeadLetter } from '@fermata/log';
import { Caller, requireRole, TokenGuard, type Identity } from '@fermata/service';
import { Controller, Get, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { EDGE, type Edge } from './edge';
import { idOf, letterDetail, letterView, tenantOf, type Redrive } from './letter-views';

/** Records that nobody understood: an operator reads them and sends them again once mended. */
@Controller('v1/dead-letters')
@UseGuards(TokenGuard)
export class DeadLettersController {
  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Get()
  async list(@Caller() caller: Identity) {
    const letters = await this.edge.log.deadLetters(visibleTo(caller));
    const redrives = await this.redrives('');
    const of = (letter: DeadLetter) => redrives.get(idOf(letter)) ?? [];
    return { deadLetters: letters.map((letter) => letterView(letter, of(letter))) };
  }

  @Get(':letter')
  async show(@Caller() caller: Identity, @Param('letter') id: string) {
    const letter = await this.find(caller, id);
    return letterDetail(letter, (await this.redrives(`${id}/`)).get(id) ?? []);
  }

  /**
   * Sends the original bytes again, as a command on its way in. The letter stays, with a mark of
   * who did it when; the mark comes after the record, so that it never claims too much.
   */
  @Post(':letter/redrive')
  async redrive(@Caller() caller: Identity, @Param('letter') id: string) {
    const { key, headers, value, raw } = (await this.find(caller, id)).record;
    const { log } = this.edge;
    await log.send([{ key, headers, value, ...(raw === undefined ? {} : { raw }) }]);
    const at = new Date().toISOString();
    const redrive: Redrive = { at, by: caller.principal, how: 'as it was' };
    await log.putLatest(`${MARKS}${id}/${at}`, JSON.stringify(redrive));
    return { letter: id, redriven: true, ...redrive };
  }

  private async find(caller: Identity, id: string): Promise<DeadLetter> {
    const isVisible = visibleTo(caller);
    const wanted = (letter: DeadLetter): boolean => idOf(letter) === id && isVisible(letter);
    const [found] = await this.edge.log.deadLetters(wanted);
    if (found !== undefined) return found;
    const message = `expected a dead letter of your tenant, found none for "${id}"`;
    throw new Fault('NOT_FOUND', `${message}; list them`);
  }

  /** When and by whom letters were sent again, by letter, oldest first. */
  private async redrives(of: string): Promise<Map<string, Redrive[]>> {
    const found = new Map<string, Redrive[]>();
    for (const [name, text] of await this.edge.log.listLatest(`${MARKS}${of}`)) {
      const id = name.slice(MARKS.length, name.lastIndexOf('/'));
      found.set(id, [...(found.get(id) ?? []), JSON.parse(text) as Redrive]);
    }
    return found;
  }
}

const MARKS = 'redriven/';

/**
 * Which dead letters a caller may see: an operator those that name the operator's tenant, and an
 * operator of the installation all, since some name none.
 */
function visibleTo(caller: Identity): (letter: DeadLetter) => boolean {
  if (caller.roles.includes('installation-operator')) return () => true;
  requireRole(caller, 'operator');
  return (letter) => tenantOf(letter) === caller.tenant;
}
