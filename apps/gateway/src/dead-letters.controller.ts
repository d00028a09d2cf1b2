import { deadLettersQuery, Fault, type RedriveView } from '@fermata/contracts';
import type { DeadLetter } from '@fermata/log';
import { Caller, keyIn, nextOf, parseQuery, Serves, type Identity } from '@fermata/service';
import { Controller, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { EDGE, type Edge } from './edge';
import { idOf, letterDetail, letterView, tenantOf } from './letter-views';

/** Partitions are numbered within what PostgreSQL calls an int. */
const PARTITION_MAX = 2 ** 31 - 1;
const KEY = z.tuple([
  z.enum(['commands', 'log']),
  z.int().min(0).max(PARTITION_MAX),
  z.int().min(0),
]);

/** Records that nobody understood: an operator reads them and sends them again once mended. */
@Controller()
export class DeadLettersController {
  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Serves('listDeadLetters')
  async list(@Caller() caller: Identity, @Query() query: unknown) {
    const { cursor, limit } = parseQuery(query, deadLettersQuery);
    const key = keyIn(cursor, KEY);
    const after = key && { topic: key[0], partition: key[1], offset: key[2] };
    const { log } = this.edge;
    const isVisible = visibleTo(caller);
    const rows = await log.deadLetters(isVisible, { after, max: limit });
    const last = rows.at(-1);
    // A part ends by its size too, so that only a look behind it tells whether it was the last.
    const isLast =
      last === undefined ||
      (await log.deadLetters(isVisible, { after: last, max: 1 })).length === 0;
    const redrives = await this.redrives('');
    const views = rows.map((letter) => letterView(letter, redrives.get(idOf(letter)) ?? []));
    const next = nextOf({ rows, hasMore: !isLast }, (row) => [
      row.topic,
      row.partition,
      row.offset,
    ]);
    return { deadLetters: views, next };
  }

  @Serves('readDeadLetter')
  async show(@Caller() caller: Identity, @Param('letter') id: string) {
    const letter = await this.find(caller, id);
    return letterDetail(letter, (await this.redrives(`${id}/`)).get(id) ?? []);
  }

  /**
   * Sends the original bytes again, as a command on its way in. The letter stays, with a mark of
   * who did it when; the mark comes after the record, so that it never claims too much.
   */
  @Serves('redriveDeadLetter')
  async redrive(@Caller() caller: Identity, @Param('letter') id: string) {
    const { key, headers, value, raw } = (await this.find(caller, id)).record;
    const { log } = this.edge;
    await log.send([{ key, headers, value, ...(raw === undefined ? {} : { raw }) }]);
    const at = new Date().toISOString();
    const redrive: RedriveView = { at, by: caller.principal, how: 'as it was' };
    await log.putLatest(`${MARKS}${id}/${at}`, JSON.stringify(redrive));
    return { letter: id, redriven: true as const, ...redrive };
  }

  private async find(caller: Identity, id: string): Promise<DeadLetter> {
    const isVisible = visibleTo(caller);
    const wanted = (letter: DeadLetter): boolean => idOf(letter) === id && isVisible(letter);
    const [found] = await this.edge.log.deadLetters(wanted, { max: 1 });
    if (found !== undefined) return found;
    const message = `expected a dead letter of your tenant, found none for "${id}"`;
    throw new Fault('NOT_FOUND', `${message}; list them`);
  }

  /** When and by whom letters were sent again, by letter, oldest first. */
  private async redrives(of: string): Promise<Map<string, RedriveView[]>> {
    const found = new Map<string, RedriveView[]>();
    for (const [name, text] of await this.edge.log.listLatest(`${MARKS}${of}`)) {
      const id = name.slice(MARKS.length, name.lastIndexOf('/'));
      found.set(id, [...(found.get(id) ?? []), JSON.parse(text) as RedriveView]);
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
  return (letter) => tenantOf(letter) === caller.tenant;
}
