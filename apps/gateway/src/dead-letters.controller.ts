import { Fault } from '@fermata/contracts';
import type { DeadLetter } from '@fermata/log';
import { Caller, requireRole, TokenGuard, type Identity } from '@fermata/service';
import { Controller, Get, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { EDGE, type Edge } from './edge';

/** Records that nobody understood: an operator reads them and sends them again once mended. */
@Controller('v1/dead-letters')
@UseGuards(TokenGuard)
export class DeadLettersController {
  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Get()
  async list(@Caller() caller: Identity) {
    requireRole(caller, 'operator');
    const letters = await this.edge.log.deadLetters();
    return { deadLetters: letters.filter(isOf(caller)).map(summaryOf) };
  }

  @Get(':letter')
  async show(@Caller() caller: Identity, @Param('letter') id: string) {
    const letter = await this.find(caller, id);
    return { ...summaryOf(letter), headers: letter.record.headers, value: letter.record.value };
  }

  /** Sends the original bytes again, as a command on its way in. */
  @Post(':letter/redrive')
  async redrive(@Caller() caller: Identity, @Param('letter') id: string) {
    const { record } = await this.find(caller, id);
    await this.edge.log.send([{ key: record.key, headers: record.headers, value: record.value }]);
    return { letter: id, redriven: true };
  }

  private async find(caller: Identity, id: string): Promise<DeadLetter> {
    requireRole(caller, 'operator');
    const letters = await this.edge.log.deadLetters();
    const found = letters.filter(isOf(caller)).find((letter) => idOf(letter) === id);
    if (found !== undefined) return found;
    const message = `expected a dead letter of your tenant, found none for "${id}"`;
    throw new Fault('NOT_FOUND', `${message}; list them`);
  }
}

/** Whose record it was, by what it said of itself: another tenant's is not shown. */
function isOf({ tenant }: Identity): (letter: DeadLetter) => boolean {
  return ({ record: { headers, key } }) =>
    (headers['ce_tenant'] ?? key.split('/')[0]) === tenant && key.startsWith(`${tenant}/`);
}

function idOf({ topic, partition, offset }: DeadLetter): string {
  return `${topic}-${partition}-${offset}`;
}

function summaryOf(letter: DeadLetter) {
  const { topic, partition, offset, code, reason, record } = letter;
  const origin = { topic, partition, offset };
  return { letter: idOf(letter), code, reason, origin, key: record.key };
}
