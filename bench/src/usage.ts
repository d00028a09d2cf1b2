import { readdirSync, readFileSync } from 'node:fs';

/** What processes have used up by now: CPU seconds, and the memory that they hold. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly memoryMiB: number;
  /** CPU seconds of each program, and of the load in this process, whoever counts it. */
  readonly cpuSecondsOf: Readonly<Record<string, number>>;
}

/** What Linux says of one process. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly ownTicks: number;
  /** Ticks of its children that have ended and were waited for. */
  readonly endedTicks: number;
}

const TICKS_PER_SECOND = 100;
const KIB_PER_MIB = 1_024;

/** Reads a line of /proc/<pid>/stat; the name in it may hold spaces and brackets. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const at = (index: number): number => Number(fields[index]);
  return {
    pid: Number.parseInt(line, 10),
    parent: at(1),
    ownTicks: at(11) + at(12),
    endedTicks: at(13) + at(14),
  };
}

/** The processes below one, however deep. */
export function below(pid: number, all: readonly ProcessStat[]): readonly ProcessStat[] {
  const children = all.filter(({ parent }) => parent === pid);
  return children.concat(children.flatMap((child) => below(child.pid, all)));
}

/**
 * What everything that this process started has used: services, broker, database, server. With
 * `self` this process counts too, for systems that live in it.
 */
export function usageOfSystem(self: boolean): Usage {
  const all = allProcesses();
  const started = below(process.pid, all);
  const own = all.filter(({ pid }) => pid === process.pid);
  const ticksOf: Record<string, number> = { load: sum(own.map(({ ownTicks }) => ownTicks)) };
  for (const { pid, ownTicks, endedTicks } of started) {
    const program = programOf(pid);
    ticksOf[program] = (ticksOf[program] ?? 0) + ownTicks + endedTicks;
  }
  const memoryKiB = sum([...started, ...(self ? own : [])].map(({ pid }) => memoryKiBOf(pid)));
  const cpuSecondsOf = Object.fromEntries(
    Object.entries(ticksOf).map(([program, ticks]) => [program, ticks / TICKS_PER_SECOND]),
  );
  const { load = 0, ...others } = cpuSecondsOf;
  return {
    cpuSeconds: sum(Object.values(others)) + (self ? load : 0),
    memoryMiB: Math.round(memoryKiB / KIB_PER_MIB),
    cpuSecondsOf,
  };
}

/** What a process is, by its command line. */
function programOf(pid: number): string {
  const said = readIfThere(`/proc/${pid}/cmdline`) ?? '';
  if (/^\S*postgres/.test(said)) return 'postgresql';
  if (said.includes('kafka.Kafka')) return 'broker';
  return /apps\/([a-z-]+)\/dist/.exec(said)?.[1] ?? 'other';
}

function allProcesses(): readonly ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const line = readIfThere(`/proc/${name}/stat`);
      return line === null ? [] : [parseStat(line)];
    });
}

/** Resident memory, where a page that n processes share counts 1/n for each (PSS). */
function memoryKiBOf(pid: number): number {
  const said = readIfThere(`/proc/${pid}/smaps_rollup`) ?? '';
  return Number(/^Pss:\s+(\d+) kB/m.exec(said)?.[1] ?? 0);
}

/** A process may end while it is looked at. */
function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
