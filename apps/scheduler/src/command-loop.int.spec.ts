import { nameOfDefinition, type Event } from '@fermata/contracts';
import { definitionHash } from '@fermata/core';
import type { LogPort, NewRecord } from '@fermata/log';
import { Logger } from '@nestjs/common';
import { deploy, FLOW } from './flow.fixture';
import { eventsUntil, hasStarted, Partition, start } from './partition.fixture';

let partition: Partition;
let log: LogPort;

// What is broken here is broken on purpose: its log lines would only look like trouble.
beforeAll(() => Logger.overrideLogger(false));
beforeEach(async () => {
  partition = await Partition.open();
  log = await partition.port();
  await deploy(log);
});
afterEach(() => partition.close());

const owners = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === 'PartitionClaimed' ? [event.data.owner] : []));
const started = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === 'RunStarted' ? [event.run] : []));
const refusals = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === 'CommandRejected' ? [event] : []));

describe('a command that can not be understood', () => {
  const good = start('poison');
  const fields = JSON.stringify(
    Object.fromEntries(Array.from({ length: 9_000 }, (_, n) => [`x${n}`, 1])),
  );
  const poison: readonly (readonly [string, NewRecord, string])[] = [
    [
      'a character that no text in PostgreSQL holds',
      { ...good, value: '\u0000' },
      'JSON_MALFORMED',
    ],
    [
      'such a character in a header',
      { ...good, headers: { ce_type: 'a\u0000b' } },
      'COMMAND_MALFORMED',
    ],
    [
      'a tenant whose name could reach into another’s keys',
      { ...good, headers: { ...good.headers, ce_tenant: 'acme/x' } },
      'COMMAND_MALFORMED',
    ],
    ['nine thousand fields too many', { ...good, value: fields }, 'COMMAND_MALFORMED'],
  ];

  it.each(poison)('is a dead letter with its bytes, even %s', async (_, record, code) => {
    partition.schedule(log);
    await log.send([start('before'), record, start('after')]);
    expect(started(await eventsUntil(log, hasStarted('after')))).toEqual(['before', 'after']);
    const [letter, ...others] = await log.deadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ topic: 'commands', partition: 0, offset: 1, code, record });
    expect(letter?.reason.length).toBeLessThanOrEqual(4_096);
  });

  it('is one dead letter, and the next owner begins behind it', async () => {
    const stop = partition.schedule(log);
    await log.send([
      { ...good, value: '{' },
      { ...good, value: '[' },
    ]);
    await eventsUntil(log, (events) => events.some(({ type }) => type === 'PositionAdvanced'));
    await stop();
    const other = await partition.port();
    const opened: number[] = [];
    const open: LogPort['open'] = (topic, number, from) => {
      if (topic === 'commands') opened.push(from);
      return other.open(topic, number, from);
    };
    partition.schedule({ ...other, open });
    await other.send([start('after')]);
    await eventsUntil(other, hasStarted('after'));
    expect(opened).toEqual([2]);
    expect((await other.deadLetters()).map(({ offset }) => offset)).toEqual([0, 1]);
  });
});

describe('a start', () => {
  it('of what is not deployed yet is taken when it is sent again after the deployment', async () => {
    const later = { ...FLOW, workflow: { ...FLOW.workflow, version: '2.0.0' } };
    const early = start('early', definitionHash(later));
    partition.schedule(log);
    await log.send([early]);
    const refused = refusals(await eventsUntil(log, (events) => refusals(events).length > 0));
    expect(refused[0]?.data).toMatchObject({
      kind: 'UNAVAILABLE',
      code: 'DEFINITION_UNKNOWN',
      message: expect.stringMatching(/deploy the workflow, then send this again/),
    });
    await deploy(log, later);
    await log.send([early]);
    const events = await eventsUntil(log, hasStarted('early'));
    const at = (type: Event['type']) => events.findIndex((event) => event.type === type);
    expect(at('DefinitionRecorded')).toBeGreaterThan(0);
    expect(at('DefinitionRecorded')).toBeLessThan(at('RunStarted'));
  });

  it.each([
    ['is no JSON', '{'],
    ['is no definition', '{}'],
    ['has another hash', JSON.stringify(FLOW)],
  ])('of a definition that %s is refused, and the partition goes on', async (_, content) => {
    const hash = 'f'.repeat(64);
    await log.putLatest(nameOfDefinition(hash), content);
    partition.schedule(log);
    await log.send([start('broken', hash), start('after')]);
    const events = await eventsUntil(log, hasStarted('after'));
    expect(refusals(events)).toMatchObject([
      { run: 'broken', data: { code: 'DEFINITION_UNKNOWN' } },
    ]);
  });
});

/** The port of a process whose appends hang from a moment on, until they are let go. */
function hanging(port: LogPort) {
  let letGo: () => void = () => undefined;
  let arrived: () => void = () => undefined;
  const hangs = new Promise<void>((resolve) => (arrived = resolve));
  const free = new Promise<void>((resolve) => (letGo = resolve));
  let isOn = false;
  const append: LogPort['append'] = async (...args) => {
    if (isOn) {
      arrived();
      await free;
    }
    return port.append(...args);
  };
  const turnOn = (): void => void (isOn = true);
  return { port: { ...port, append }, turnOn, hangs, letGo };
}

describe('a partition with schedulers in two processes', () => {
  it('belongs to the last that claimed it: what the other had decided is void', async () => {
    const slow = hanging(await partition.port());
    partition.schedule(slow.port, { owner: 'first' });
    await eventsUntil(log, (events) => owners(events).length === 1);
    slow.turnOn();
    await log.send([start('run-1')]);
    await slow.hangs;
    partition.schedule(await partition.port(), { owner: 'second' });
    await eventsUntil(log, hasStarted('run-1'));
    slow.letGo();
    const claimedAgain = (events: readonly Event[]) => owners(events).length === 3;
    await eventsUntil(log, claimedAgain);
    await log.send([start('run-2')]);
    const events = await eventsUntil(log, hasStarted('run-2'));
    expect(owners(events).slice(0, 3)).toEqual(['first', 'second', 'first']);
    expect(started(events)).toEqual(['run-1', 'run-2']);
    const scheduled = events.filter(({ type }) => type === 'AttemptScheduled');
    expect(scheduled.map(({ id }) => id)).toEqual(['run-1#2', 'run-2#2']);
  });

  it('decides each command once, however often it changes hands', async () => {
    const runs = Array.from({ length: 60 }, (_, n) => `run-${n}`);
    for (const owner of ['first', 'second']) {
      const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
      partition.schedule(await partition.port(), { owner, batchMax: 3, pause });
    }
    for (const run of runs) await log.send([start(run), start(run)]);
    const answers = (events: readonly Event[]) =>
      events.filter(({ type }) => type === 'RunStarted' || type === 'CommandDuplicated');
    const events = await eventsUntil(log, (all) => answers(all).length >= 2 * runs.length);
    expect(started(events)).toEqual(runs);
    expect(answers(events)).toHaveLength(2 * runs.length);
    expect(new Set(owners(events))).toEqual(new Set(['first', 'second']));
  });
});
