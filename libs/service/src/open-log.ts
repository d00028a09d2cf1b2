import { Fault } from '@fermata/contracts';
import { kafkaLog, postgresLog, type KafkaLogOptions, type LogPort } from '@fermata/log';

/** The environment of a process. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Opens the log that the environment names: Kafka by `KAFKA_BROKERS` (host:port, separated by
 * commas), else PostgreSQL by `FERMATA_DATABASE_URL`.
 */
export async function openLog(service: string, env: Env): Promise<LogPort> {
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',').filter((broker) => broker !== '');
  const partitions = wholeIn(env, 'FERMATA_PARTITIONS');
  if (brokers.length > 0) {
    return kafkaLog({
      client: { brokers, clientId: `fermata-${service}`, ...securityIn(env) },
      prefix: env['FERMATA_TOPIC_PREFIX'] ?? 'fermata',
      replicationFactor: wholeIn(env, 'FERMATA_REPLICATION_FACTOR') ?? 1,
      ...(partitions === undefined ? {} : { partitions }),
    });
  }
  const url = needed(env, 'FERMATA_DATABASE_URL');
  return postgresLog({ url, ...(partitions === undefined ? {} : { partitions }) });
}

/** A variable that must be set. */
export function needed(env: Env, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  const found = `expected the environment variable ${name}, found none`;
  throw new Fault('CONFIG_INVALID', `${found}; set it (see docs/how-to/run-on-kafka.md)`);
}

/** A variable that holds a whole number, if it is set. */
export function wholeIn(env: Env, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  const found = `expected a whole number in ${name}, found "${text}"`;
  throw new Fault('CONFIG_INVALID', `${found}; correct it`);
}

/** A variable that holds a number of things, at least one, if it is set. */
export function countIn(env: Env, name: string): number | undefined {
  const value = wholeIn(env, name);
  if (value !== 0) return value;
  throw new Fault('CONFIG_INVALID', `expected at least 1 in ${name}, found 0; correct it`);
}

function securityIn(env: Env): Partial<KafkaLogOptions['client']> {
  const ssl = env['KAFKA_SSL'] === 'true';
  const username = env['KAFKA_USERNAME'];
  if (username === undefined || username === '') return { ssl };
  const password = needed(env, 'KAFKA_PASSWORD');
  const mechanism = env['KAFKA_SASL_MECHANISM'] ?? 'scram-sha-512';
  switch (mechanism) {
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512':
      return { ssl, sasl: { mechanism, username, password } as never };
    default: {
      const known = 'plain, scram-sha-256 or scram-sha-512';
      const found = `expected KAFKA_SASL_MECHANISM to be ${known}, found "${mechanism}"`;
      throw new Fault('CONFIG_INVALID', `${found}; correct it`);
    }
  }
}
