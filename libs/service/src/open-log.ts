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
    checkBrokers(brokers);
    const opened = kafkaLog({
      client: { brokers, clientId: `fermata-${service}`, ...securityIn(env) },
      prefix: env['FERMATA_TOPIC_PREFIX'] ?? 'fermata',
      replicationFactor: wholeIn(env, 'FERMATA_REPLICATION_FACTOR') ?? 1,
      ...(partitions === undefined ? {} : { partitions }),
    });
    return opened.catch((error: unknown) => {
      throw error instanceof Fault ? error : unreachable(brokers, error);
    });
  }
  const url = needed(env, 'FERMATA_DATABASE_URL');
  return postgresLog({ url, ...(partitions === undefined ? {} : { partitions }) });
}

function checkBrokers(brokers: readonly string[]): void {
  const wrong = brokers.find((broker) => !/^[^:\s]+:\d{1,5}$|^\[[^\]\s]+\]:\d{1,5}$/.test(broker));
  if (wrong === undefined) return;
  const found = `expected host:port, separated by commas, in KAFKA_BROKERS, found "${wrong}"`;
  throw new Fault('CONFIG_INVALID', `${found}; correct it`);
}

/** What kafkajs says names neither what was asked for nor by which setting. */
function unreachable(brokers: readonly string[], cause: unknown): Fault {
  const said = cause instanceof Error ? saidBy(cause) : String(cause);
  const found = `expected the Kafka of KAFKA_BROKERS=${brokers.join(',')} to let us in, found: ${said}`;
  const settings = 'KAFKA_SSL, KAFKA_USERNAME, FERMATA_TOPIC_PREFIX and FERMATA_REPLICATION_FACTOR';
  const remedy = `start it or correct the setting; ${settings} must fit it too`;
  return new Fault('LOG_UNAVAILABLE', `${found}; ${remedy}`, true, { cause });
}

/** Of several errors, such as one for each topic, each is told. */
function saidBy(error: Error): string {
  const several =
    'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : [];
  const told = several.map((one) => (one instanceof Error ? one.message : String(one)));
  return [error.message, ...new Set(told)].join(': ');
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

function switchIn(env: Env, name: string): boolean {
  const text = env[name] ?? '';
  if (text === 'true') return true;
  if (text === 'false' || text === '') return false;
  throw new Fault(
    'CONFIG_INVALID',
    `expected true or false in ${name}, found "${text}"; correct it`,
  );
}

function securityIn(env: Env): Partial<KafkaLogOptions['client']> {
  const ssl = switchIn(env, 'KAFKA_SSL');
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
