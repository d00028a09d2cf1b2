import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A list of all gates is ordered by when they opened, and read page by page. */
export class GatesByOpening1791000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX gates_by_opening ON gates (tenant, opened_at, gate)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX gates_by_opening');
  }
}
