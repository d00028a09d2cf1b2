import type { Row } from './row';
import { ratio } from './statistics';

/** How many times better Fermata is: above 1 it is ahead, below 1 behind. */
export interface Ratios {
  /** Fermata ÷ peer. */
  readonly stepsPerSecond: number | null;
  /** Peer ÷ Fermata, as all that follow. */
  readonly p50Ms: number | null;
  readonly cpuSecondsPer1000Steps: number | null;
  readonly rssMiB: number | null;
}

/** By system of Fermata, peer and work. */
export type RatiosByPeer = Record<string, Record<string, Record<string, Ratios>>>;

/** What `--json` writes. */
export interface Report {
  readonly rows: readonly Row[];
  readonly ratios: RatiosByPeer;
  /** What was asked for and not measured, with the reason. */
  readonly skipped: Readonly<Record<string, string>>;
}

const OURS = /^fermata /;
const PEERS = /^(?:restate|dbos)\b/;

export function reportOf(rows: readonly Row[], skipped: Readonly<Record<string, string>>): Report {
  const ratios: RatiosByPeer = {};
  for (const ours of rows.filter(({ system }) => OURS.test(system))) {
    for (const peer of rows.filter(({ system }) => PEERS.test(system))) {
      if (peer.work !== ours.work) continue;
      const byPeer = (ratios[ours.system] ??= {});
      (byPeer[peer.system] ??= {})[ours.work] = ratiosOf(ours, peer);
    }
  }
  return { rows, ratios, skipped };
}

function ratiosOf(ours: Row, peer: Row): Ratios {
  return {
    stepsPerSecond: ratio(ours.stepsPerSecond, peer.stepsPerSecond),
    p50Ms: ratio(peer.p50Ms, ours.p50Ms),
    cpuSecondsPer1000Steps: ratio(peer.cpuSecondsPer1000Steps, ours.cpuSecondsPer1000Steps),
    rssMiB: ratio(peer.rssMiB, ours.rssMiB),
  };
}

const HEAD = ['system', 'work', 'steps/s', 'p50 ms', 'p99 ms', 'CPU s/1,000', 'MiB', 'note'];

/** One table: the figures, and beside each peer's how Fermata's compare. */
export function tableOf({ rows, ratios }: Report): string {
  const ours = Object.keys(ratios);
  const heads = ours.map((name) => `${name}: steps/s ×, p50 ×`);
  const lines = rows.map((row) => [
    row.system,
    row.work,
    shown(row.stepsPerSecond),
    shown(row.p50Ms),
    shown(row.p99Ms),
    shown(row.cpuSecondsPer1000Steps),
    shown(row.rssMiB),
    row.note ?? '',
    ...ours.map((name) => {
      const found = ratios[name]?.[row.system]?.[row.work];
      return found ? `${shown(found.stepsPerSecond)} ${shown(found.p50Ms)}` : '';
    }),
  ]);
  return markdown([[...HEAD, ...heads], ...lines]);
}

/** What each program used by itself, in CPU seconds per 1,000 steps. */
export function programsOf({ rows }: Report): string {
  const programs = [...new Set(rows.flatMap(({ cpuOf = {} }) => Object.keys(cpuOf)))];
  const lines = rows.map(({ system, work, cpuOf = {} }) => [
    system,
    work,
    ...programs.map((program) => shown(cpuOf[program] ?? null)),
  ]);
  return markdown([['system', 'work', ...programs], ...lines]);
}

function shown(value: number | null): string {
  return value === null ? '–' : value.toLocaleString('en-US');
}

function markdown(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const written = lines.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  written.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return `${written.join('\n')}\n`;
}
