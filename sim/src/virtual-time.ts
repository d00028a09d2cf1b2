import type { Task } from './task-queue';
import type { World } from './world';

/** What `setTimeout` gives: the platform's handles have these too. */
interface TimerHandle {
  task: Task | undefined;
  unref(): TimerHandle;
  ref(): TimerHandle;
}

/** Puts the world's clock, timers and chance in the platform's place; gives what undoes it. */
export function installTime(world: World): () => void {
  const kept = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    setImmediate: globalThis.setImmediate,
    clearImmediate: globalThis.clearImmediate,
  };
  const { now } = Date;
  const { random } = Math;
  const steady = performance.now;
  const clear = (handle: TimerHandle | undefined): void => {
    if (handle?.task !== undefined) world.cancel(handle.task);
  };
  Object.assign(globalThis, {
    setTimeout: (work: () => void, ms = 0) => timer(world, work, ms),
    clearTimeout: clear,
    setInterval: (work: () => void, ms = 0) => interval(world, work, ms),
    clearInterval: clear,
    setImmediate: (work: () => void) => timer(world, work, 0),
    clearImmediate: clear,
  });
  Date.now = () => world.clock;
  // Work in slices of time is one slice here: how long a piece takes is the machine's chance.
  performance.now = () => world.clock;
  Math.random = () => world.random.next();
  return () => {
    Object.assign(globalThis, kept);
    Date.now = now;
    performance.now = steady;
    Math.random = random;
  };
}

function timer(world: World, work: () => void, ms: number): TimerHandle {
  return handleOf(world.after(wholeMs(ms), work, world.process));
}

function interval(world: World, work: () => void, ms: number): TimerHandle {
  const handle = handleOf(undefined);
  const { process } = world;
  const again = (): void => {
    handle.task = world.after(wholeMs(ms), again, process);
    work();
  };
  handle.task = world.after(wholeMs(ms), again, process);
  return handle;
}

/** As on the platform, a timer waits for at least a millisecond. */
function wholeMs(ms: number): number {
  return Math.max(1, Math.trunc(Number(ms) || 0));
}

function handleOf(task: Task | undefined): TimerHandle {
  const handle: TimerHandle = { task, unref: () => handle, ref: () => handle };
  return handle;
}
