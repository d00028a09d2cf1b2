import { readdirSync, readFileSync } from 'node:fs';

/** What processes have used up by now: CPU seconds, and the memory that they hold. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly memoryMiB: number;
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
  const own = all.filter(({ pid }) => self && pid === process.pid);
  const ticks =
    sum(started.map(({ ownTicks, endedTicks }) => ownTicks + endedTicks)) +
    sum(own.map(({ ownTicks }) => ownTicks));
  const memoryKiB = sum([...started, ...own].map(({ pid }) => memoryKiBOf(pid)));
  return {
    cpuSeconds: ticks / TICKS_PER_SECOND,
    memoryMiB: Math.round(memoryKiB / KIB_PER_MIB),
  };
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
