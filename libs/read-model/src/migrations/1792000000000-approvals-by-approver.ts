import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An answer is a person's: a gate may come to have several. The rows that are there have one for
 * each gate and stay as a projection from the beginning would write them.
 */
export class ApprovalsByApprover1792000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.keyBy(runner, 'tenant, gate, approver');
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.keyBy(runner, 'tenant, gate');
  }

  private async keyBy(runner: QueryRunner, columns: string): Promise<void> {
    await runner.query('ALTER TABLE approvals DROP CONSTRAINT approvals_pk');
    await runner.query(
      `ALTER TABLE approvals ADD CONSTRAINT approvals_pk PRIMARY KEY (${columns})`,
    );
  }
}
