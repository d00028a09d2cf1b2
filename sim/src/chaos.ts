import { damageRestorePoint, loseCommands, loseLog } from './damage';
import { portOf } from './log-port';
import type { Random } from './random';
import type { Service, StartService } from './services';
import { SimProcess } from './sim-process';
import type { Role, Simulation } from './simulation';

/** One service that a supervisor keeps alive: as a new process each time it dies. */
class Kept {
  process: SimProcess;
  private service: Service;
  private starts = 0;

  constructor(
    private readonly sim: Simulation,
    private readonly role: Role,
    readonly name: string,
    private readonly startService: StartService,
    private readonly random: Random,
  ) {
    [this.process, this.service] = this.start();
  }

  private start(): [SimProcess, Service] {
    const { sim, random } = this;
    this.starts += 1;
    const skewMs = sim.faults.areOver ? 0 : random.int(-400, 400);
    const process = new SimProcess(`${this.name}.${this.starts}`, skewMs);
    process.onEnd(() => {
      sim.world.note(() => `${process.name} is dead`);
      const wait = random.chance(0.7) ? random.int(50, 1_500) : random.int(1_500, 8_000);
      sim.world.after(wait, () => ([this.process, this.service] = this.start()));
    });
    const port = portOf({ ...sim.wire, process, canCrash: true });
    const log = sim.mutant.port?.(this.role, port) ?? port;
    return [process, sim.world.as(process, () => this.startService(sim, process, log))];
  }

  /** Stops in good order, then dies; one that can't stop is killed. */
  restart(): void {
    const { process, service, sim } = this;
    sim.world.note(() => `${process.name} is told to stop`);
    const end = (): void => process.crash();
    sim.world.as(process, () => void service.stop().finally(end));
    sim.world.after(20_000, end);
  }
}

/** Services under a supervisor, and what befalls them while things go wrong. */
export class Chaos {
  private readonly services: Kept[] = [];
  private readonly random: Random;

  constructor(private readonly sim: Simulation) {
    this.random = sim.random.fork();
  }

  keep(role: Role, nth: number, start: StartService): void {
    const name = `${role}-${nth}`;
    this.services.push(new Kept(this.sim, role, name, start, this.random.fork()));
  }

  /** Something happens now and then, until things stop going wrong. */
  begin(): void {
    const { sim, random } = this;
    if (sim.faults.areOver) return;
    const again = (): void => {
      if (sim.faults.areOver) return;
      this.happen();
      this.begin();
    };
    sim.world.after(random.int(20, sim.scenario.happensEveryMs), again);
  }

  /** What is lost for good happens once. */
  private loseOnce(): void {
    const { sim, random } = this;
    const { loses } = sim.scenario;
    if (sim.losses.size > 0 || loses === null) return;
    if (loses === 'log') loseLog(sim, random);
    else loseCommands(sim, random);
  }

  /** From now on every process lives, runs and knows the time. */
  heal(): void {
    for (const { process } of this.services) {
      process.pausedUntil = 0;
      process.skewMs = 0;
    }
    this.sim.wire.groups.shareAll();
  }

  private happen(): void {
    const { random, sim } = this;
    const { process, name } = random.pick(this.services);
    const kept = this.services.find((one) => one.name === name);
    const die = random.next();
    if (sim.scenario.damagesRestorePoints && random.chance(0.5)) damageRestorePoint(sim, random);
    if (die < 0.25) process.crash();
    else if (die < 0.5) this.pause(process);
    else if (die < 0.65) kept?.restart();
    else if (die < 0.75) this.moveClock(process);
    else if (die < 0.85) this.loseOnce();
    else sim.wire.groups.shareAll();
  }

  private pause(process: SimProcess): void {
    const { world } = this.sim;
    process.pausedUntil = world.now + this.random.int(500, 15_000);
    world.note(() => `${process.name} is paused until ${process.pausedUntil}`);
  }

  private moveClock(process: SimProcess): void {
    const { random, sim } = this;
    const most = sim.scenario.clocksJump ? 3_600_000 : 3_000;
    process.skewMs += random.int(-most, most);
    sim.world.note(() => `the clock of ${process.name} is off by ${process.skewMs} ms`);
  }
}
