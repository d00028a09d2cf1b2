import type { Membership } from '@fermata/log';
import type { Faults } from './faults';
import type { SimProcess } from './sim-process';
import type { World } from './world';

interface Member {
  readonly process: SimProcess;
  readonly assigned: (partitions: readonly number[]) => void;
  /** Number of the last assignment it was sent; older ones that come later are dropped. */
  heard: number;
}

/** Shares the partitions among the members of each group; badly, while there are faults. */
export class Groups {
  private readonly members = new Map<string, Member[]>();
  private made = 0;

  constructor(
    private readonly world: World,
    private readonly faults: Faults,
    private readonly partitions: number,
  ) {}

  /** Joins and hears its partitions; a member that dies is missed only after a while. */
  async join(
    group: string,
    process: SimProcess,
    assigned: (partitions: readonly number[]) => void,
  ): Promise<Membership> {
    const member: Member = { process, assigned, heard: 0 };
    this.members.set(group, [...(this.members.get(group) ?? []), member]);
    const leave = (): void => {
      const left = (this.members.get(group) ?? []).filter((one) => one !== member);
      this.members.set(group, left);
      this.share(group);
    };
    process.onEnd(() => void this.world.after(this.world.random.int(200, 6_000), leave));
    this.share(group);
    return {
      leave: async () => {
        leave();
        assigned([]);
      },
    };
  }

  /** Shares the partitions of every group anew. */
  shareAll(): void {
    for (const group of this.members.keys()) this.share(group);
  }

  private share(group: string): void {
    const members = this.world.random.shuffled(this.members.get(group) ?? []);
    this.made += 1;
    for (const [index, member] of members.entries()) {
      const fair = this.fairShare(index, members.length);
      const told = this.faults.hintIsWrong() ? this.wrongShare() : fair;
      const number = this.made;
      const tell = (): void => {
        if (number < member.heard) return;
        member.heard = number;
        this.world.note(() => `${group} is assigned [${told.join(', ')}]`);
        member.assigned(told);
      };
      this.world.after(this.faults.latencyMs(), tell, member.process);
    }
  }

  private fairShare(index: number, of: number): number[] {
    return this.all().filter((partition) => partition % of === index);
  }

  /** Nothing, everything, or what chance gives. */
  private wrongShare(): number[] {
    const { random } = this.world;
    return random.pick([[], this.all(), this.all().filter(() => random.chance(0.5))]);
  }

  private all(): number[] {
    return Array.from({ length: this.partitions }, (_, partition) => partition);
  }
}
