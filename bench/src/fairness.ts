import { drive, type Bounds, type Driven } from './drive';
import { FermataCaller } from './fermata-caller';
import { measure, STEPS } from './measure-system';
import { startOnKafka } from './on-kafka';
import type { Plan, Row } from './row';
import { startRush } from './rush';
import { ratio } from './statistics';
import type { Stops } from './stops';
import { usageOfSystem } from './usage';

/** Callers of the quiet tenant, and how many times as many the other has. */
const QUIET_WIDTH = 2;
const TIMES = 50;
/** Runs that the other starts at one moment. */
const DUMP = 10_000;

/** What a quiet tenant sees of another's rush, over a real Kafka. */
export async function measureFairness(plan: Plan, stops: Stops): Promise<Row[]> {
  const { brokers, log, desk } = await startOnKafka(stops);
  const caller = new FermataCaller(log, desk, 'quiet');
  const quiet = (bounds: Bounds) => drive(() => caller.run('five'), bounds);
  const rush = await startRush(brokers, stops);
  await rush({ width: QUIET_WIDTH * TIMES, forMs: plan.warmUpMs });
  await quiet({ width: QUIET_WIDTH, forMs: plan.warmUpMs });
  const bounds = { width: QUIET_WIDTH, forMs: plan.wideMs };
  const alone = await rowOf(`quiet tenant, ${QUIET_WIDTH} at a time`, () => quiet(bounds));
  const rushing = rush({ width: QUIET_WIDTH * TIMES, forMs: plan.wideMs });
  const beside = await rowOf(`… beside one with ${TIMES} times as many`, () => quiet(bounds));
  const rushed = await rowOf('… that one', () => rushing);
  const dumping = rush({ width: DUMP, forMs: plan.wideMs, countMax: DUMP });
  const behind = await rowOf(`… behind its ${DUMP} starts at once`, () => quiet(bounds));
  await dumping;
  return [alone, compared(beside, alone), rushed, compared(behind, alone)];
}

function rowOf(work: string, drives: () => Promise<Driven>): Promise<Row> {
  const system = { name: 'fermata on kafka', usage: () => usageOfSystem(false) };
  return measure(system, { work, steps: STEPS.five }, drives);
}

function compared(row: Row, alone: Row): Row {
  return { ...row, note: `p99 is ${ratio(row.p99Ms, alone.p99Ms)} times its own` };
}
