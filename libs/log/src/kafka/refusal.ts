/** Numbers by which Kafka tells what is wrong. */
export const OFFSET_OUT_OF_RANGE = 1;
const TOO_LARGE: ReadonlySet<number> = new Set([10, 18]);

/** Errors that pass by themselves, mostly when leaders move and brokers start. */
const PASSING: ReadonlyMap<number, string> = new Map([
  [2, 'CORRUPT_MESSAGE'],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [5, 'LEADER_NOT_AVAILABLE'],
  [6, 'NOT_LEADER_OR_FOLLOWER'],
  [7, 'REQUEST_TIMED_OUT'],
  [13, 'NETWORK_EXCEPTION'],
  [19, 'NOT_ENOUGH_REPLICAS'],
  [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
  [56, 'KAFKA_STORAGE_ERROR'],
  [74, 'FENCED_LEADER_EPOCH'],
  [75, 'UNKNOWN_LEADER_EPOCH'],
]);

/** What a broker said no with. */
export class KafkaRefusal extends Error {
  constructor(
    message: string,
    readonly number: number,
  ) {
    super(message);
  }

  /** Whether the same request may be granted in a moment. */
  get isPassing(): boolean {
    return PASSING.has(this.number);
  }

  /** Whether no broker takes as much at once. */
  get isTooLarge(): boolean {
    return TOO_LARGE.has(this.number);
  }
}

/** The error that a number of Kafka's protocol stands for. */
export function refusalOf(number: number, wanted: string): KafkaRefusal {
  const name = PASSING.get(number) ?? 'see the error codes of the Kafka protocol';
  return new KafkaRefusal(
    `expected a broker ${wanted}, found its error ${number} (${name})`,
    number,
  );
}
