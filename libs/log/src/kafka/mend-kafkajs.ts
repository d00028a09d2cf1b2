import { createRequire } from 'node:module';

/** What kafkajs keeps of each connection: requests that wait until they may be sent. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(__filename)('kafkajs/src/network/requestQueue') as {
  readonly prototype: RequestQueue;
};
const look = prototype.scheduleCheckPendingRequests;

function lookWhileOneWaits(this: RequestQueue): void {
  if (this.pending.length > 0) look.call(this);
}

/**
 * kafkajs 2.2.4 looks once a millisecond, in every connection and for ever, whether a request
 * waits, by a timer in the past of which Node warns. It does so now only while one waits.
 */
export function mendKafkajs(): void {
  prototype.scheduleCheckPendingRequests = lookWhileOneWaits;
}
