/** Time after which whoever else waits for the process has its turn: nobody notices so much. */
const SLICE_MS = 10;

/** Work that is left, and what is done of it. */
interface Job {
  /** Does the next piece; whether that was the last. */
  step(): boolean;
}

/**
 * Long work of a process that is done between what others ask of it: in slices of some ms, tenants
 * in turns, one work of a tenant after another. However many there are, nobody waits for more than
 * a slice.
 */
export class PieceWork {
  private readonly lines = new Map<string, Job[]>();
  private isWorking = false;

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly giveWay: () => Promise<void> = toTheLoop,
  ) {}

  /** Does all pieces of some work; the first of them at once when nothing else is under way. */
  do<T>(tenant: string, pieces: Generator<undefined, T, undefined>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const step = () => {
        try {
          const next = pieces.next();
          if (next.done === true) resolve(next.value);
          return next.done === true;
        } catch (error) {
          reject(error);
          return true;
        }
      };
      const line = this.lines.get(tenant);
      if (line === undefined) this.lines.set(tenant, [{ step }]);
      else line.push({ step });
      if (!this.isWorking) void this.work();
    });
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    for (;;) {
      const endAt = this.now() + SLICE_MS;
      do this.workFor(endAt);
      while (this.lines.size > 0 && this.now() < endAt);
      if (this.lines.size === 0) break;
      await this.giveWay();
    }
    this.isWorking = false;
  }

  /** Goes on with the work of the tenant whose turn it is, until it is done or it is time. */
  private workFor(endAt: number): void {
    const [turn] = this.lines;
    if (turn === undefined) return;
    const [tenant, line] = turn;
    const [job] = line;
    let isDone = job === undefined;
    while (job !== undefined && !isDone) {
      isDone = job.step();
      if (this.now() >= endAt) break;
    }
    if (isDone) line.shift();
    this.lines.delete(tenant);
    if (line.length > 0) this.lines.set(tenant, line);
  }
}

/** Until others that wait for the process had their turn. */
function toTheLoop(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** The one of this process: services that share it share its one thread. */
const ofProcess = new PieceWork();

/** Does long work of a tenant in pieces, between what others ask of the process. */
export function inPieces<T>(
  tenant: string,
  pieces: Generator<undefined, T, undefined>,
): Promise<T> {
  return ofProcess.do(tenant, pieces);
}
