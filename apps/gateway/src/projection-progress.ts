import { savedOffsets } from '@fermata/read-model';
import type { Progress } from '@fermata/service';
import type { DataSource } from 'typeorm';

const LOOK_EVERY_MS = 1_000;

/**
 * How far the read model has come, looked up at most once a second and only when somebody asks. A
 * partition that it has not begun, or a database that does not answer, counts as no lag: then reads
 * tell what is wrong.
 */
export class ProjectionProgress implements Progress {
  private offsets: ReadonlyMap<number, number> = new Map();
  private lookedAt = 0;

  constructor(
    private readonly source: DataSource,
    private readonly now: () => number = Date.now,
  ) {}

  lag(partition: number, offset: number): number {
    if (this.now() - this.lookedAt >= LOOK_EVERY_MS) void this.look();
    return Math.max(0, offset - (this.offsets.get(partition) ?? offset));
  }

  private async look(): Promise<void> {
    this.lookedAt = this.now();
    this.offsets = await savedOffsets(this.source).catch(() => this.offsets);
  }
}
