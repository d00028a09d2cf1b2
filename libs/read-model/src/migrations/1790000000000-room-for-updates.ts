import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHANGING = ['runs', 'steps', 'attempts'];

/**
 * A row of these tables is written when something begins and again when it ends. With room left
 * in its page the second version stands beside the first, and no index is touched.
 */
export class RoomForUpdates1790000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of CHANGING) {
      await runner.query(`ALTER TABLE ${table} SET (fillfactor = 50)`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of CHANGING) await runner.query(`ALTER TABLE ${table} RESET (fillfactor)`);
  }
}
