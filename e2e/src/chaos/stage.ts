import { join } from 'node:path';
import { Crowd } from './crowd';
import { House } from './house';
import { Ledger } from './ledger';
import type { Witnesses } from './oracle';
import { EffectSink } from './sink';

const PROJECT = join(__dirname, '../../project');

/** A house with everything in it that a fault may hit, and all who watch. */
export interface Stage extends Witnesses {
  close(): Promise<void>;
}

/** Starts two schedulers and one of each other service over these brokers. */
export async function openStage(brokers: string, replicationFactor = 1): Promise<Stage> {
  const sink = await EffectSink.open();
  const house = await House.open({
    brokers,
    project: PROJECT,
    tenants: ['local', 'other'],
    replicationFactor,
    env: { CHAOS_SINK: sink.url },
  });
  const ledger = new Ledger(join(house.dataDir, 'ledger'), house.log);
  const crowd = new Crowd(house, ledger, sink);
  await Promise.all([
    house.start('scheduler'),
    house.start('scheduler'),
    house.start('agent-runner'),
    house.start('audit-projector'),
    house.start('approval-service'),
  ]);
  const close = async (): Promise<void> => {
    await house.stop();
    sink.close();
  };
  return { house, ledger, sink, crowd, close };
}
