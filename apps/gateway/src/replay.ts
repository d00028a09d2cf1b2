import {
  canonicalJson,
  decodeEvent,
  type Json,
  type ReplayView,
  type RunEvent,
} from '@fermata/contracts';
import { evolve, sha256Hex, stepsOf, type RunState } from '@fermata/core';
import { AcceptedReader } from '@fermata/log';
import { eventsOf, type RunDetail } from '@fermata/read-model';
import type { Edge } from './edge';

/** What is compared of a run: all that both the log and the projection know. */
interface Summary {
  readonly status: string;
  readonly sequence: number;
  readonly output: Json;
  readonly steps: Readonly<Record<string, { status: string; attempt: number; output: Json }>>;
}

/** Folds a run's events from the log again and compares the result with the read model. */
export async function replayRun(edge: Edge, detail: RunDetail): Promise<ReplayView> {
  const { state, events } = await foldAgain(edge, detail);
  return { run: detail.run.run, events, ...compareRun(state, detail) };
}

/** Compares the state that a run's events lead to with what the read model shows of it. */
export function compareRun(
  state: RunState | undefined,
  detail: RunDetail,
): Omit<ReplayView, 'run' | 'events'> {
  const replayed = summaryOfState(state);
  const projected = summaryOfRows(detail);
  const [logHash, projectionHash] = [hashOf(replayed), hashOf(projected)];
  const differences = differencesOf(replayed, projected);
  return { equal: logHash === projectionHash, logHash, projectionHash, differences };
}

/** Reads from the run's first event, whose audit row tells its place, to its last. */
async function foldAgain(edge: Edge, { run }: RunDetail) {
  const {
    rows: [first],
  } = await eventsOf(edge.source, run, 0, { rowsMax: 1 });
  const partition = run.partition ?? 0;
  const last = Number(run.last_offset);
  let state: RunState | undefined;
  let events = 0;
  if (first === undefined) return { state, events };
  const offset = Number(first.offset) - 1;
  const place = { offset, epoch: Number(first.epoch), seq: Number(first.seq) - 1 };
  const reader = await AcceptedReader.open(edge.log, partition, place);
  try {
    for (let at = offset; at < last; ) {
      const batch = await reader.next(1_000);
      if (batch === null) break;
      at = batch.place.offset;
      for (const { record, place: stands } of batch.records) {
        const event = decodeEvent(record);
        const isOurs = event.tenant === run.tenant && event.run === run.run && event.sequence > 0;
        if (!isOurs || stands.offset > last) continue;
        state = evolve(state, event as RunEvent);
        events += 1;
      }
    }
  } finally {
    reader.close();
  }
  return { state, events };
}

function summaryOfState(state: RunState | undefined): Summary {
  const steps = [...(state === undefined ? [] : stepsOf(state))].map(([id, step]) => {
    const { status, attempt, output } = step;
    return [id, { status, attempt, output: output ?? null }] as const;
  });
  return {
    status: state?.status ?? 'absent',
    sequence: state?.sequence ?? 0,
    output: state?.output ?? null,
    steps: Object.fromEntries(steps),
  };
}

function summaryOfRows({ run, steps }: RunDetail): Summary {
  const parse = (text: string | null) => (text === null ? null : (JSON.parse(text) as Json));
  const members = steps.map(({ step, status, attempt, output }) => [
    step,
    { status, attempt: attempt ?? 0, output: parse(output) },
  ]);
  return {
    status: run.status ?? 'absent',
    sequence: Number(run.sequence),
    output: parse(run.output),
    steps: Object.fromEntries(members) as Summary['steps'],
  };
}

function hashOf(summary: Summary): string {
  return sha256Hex(canonicalJson(summary as unknown as Json));
}

function differencesOf(log: Summary, rows: Summary): string[] {
  const found: string[] = [];
  const compare = (what: string, expected: unknown, actual: unknown): void => {
    const [left, right] = [expected, actual].map((value) => canonicalJson((value ?? null) as Json));
    if (left !== right) found.push(`expected ${what} ${left} as on the log, found ${right}`);
  };
  compare('status', log.status, rows.status);
  compare('sequence', log.sequence, rows.sequence);
  compare('output', log.output, rows.output);
  for (const id of new Set([...Object.keys(log.steps), ...Object.keys(rows.steps)])) {
    compare(`step ${id}`, log.steps[id], rows.steps[id]);
  }
  return found;
}
