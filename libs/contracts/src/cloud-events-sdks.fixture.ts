import type { Headers } from './envelope';

/** One StartRun as the Kafka binding of a CloudEvents SDK wrote it, byte for byte. */
export interface SdkRecord {
  readonly sdk: string;
  readonly headers: Headers;
  readonly value: string;
}

const HASH = 'a'.repeat(64);
const DATA = `{"workflow":{"name":"five","version":"1.0.0","hash":"${HASH}"},"input":{"n":1}}`;
/** Python writes a space behind each colon and comma. */
const SPACED = DATA.replaceAll('":', '": ').replaceAll(',"', ', "');
const SORTED = `{"input":{"n":1},"workflow":{"hash":"${HASH}","name":"five","version":"1.0.0"}}`;

const ATTRIBUTES = {
  ce_specversion: '1.0',
  ce_id: 'c-1',
  ce_source: '/orders',
  ce_type: 'fermata.run.start.v1',
  ce_subject: 'run-1',
  ce_actor: 'service:orders',
  ce_correlationid: 'corr-1',
  ce_tenant: 'acme',
};

/** What each was seen to write for the same event. */
export const SDK_RECORDS: readonly SdkRecord[] = [
  {
    sdk: 'JavaScript cloudevents 10.0.0, binary',
    headers: {
      'content-type': 'application/json',
      ...ATTRIBUTES,
      ce_time: '2026-11-23T11:00:00.123Z',
      ce_datacontenttype: 'application/json',
    },
    value: DATA,
  },
  {
    sdk: 'JavaScript cloudevents 10.0.0, structured',
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    value: `{"id":"c-1","time":"2026-11-23T11:00:00.123Z","type":"fermata.run.start.v1","source":"/orders","specversion":"1.0","datacontenttype":"application/json","subject":"run-1","data":${DATA},"tenant":"acme","actor":"service:orders","correlationid":"corr-1"}`,
  },
  {
    sdk: 'Python cloudevents 2.2.0, to_binary',
    headers: {
      'content-type': 'application/json',
      ...ATTRIBUTES,
      ce_time: '2026-11-23T11:00:00.123456+00:00',
    },
    value: SPACED,
  },
  {
    // Its content type is that of the data, and the event does not say it.
    sdk: 'Python cloudevents 2.2.0, to_structured',
    headers: { 'content-type': 'application/json' },
    value: `{"id": "c-1", "type": "fermata.run.start.v1", "source": "/orders", "subject": "run-1", "tenant": "acme", "actor": "service:orders", "correlationid": "corr-1", "specversion": "1.0", "time": "2026-11-23T11:00:00.123456+00:00", "data": ${SPACED}}`,
  },
  {
    sdk: 'Python cloudevents 2.2.0, to_structured_event',
    headers: { 'content-type': 'application/cloudevents+json' },
    value: `{"id": "c-1", "type": "fermata.run.start.v1", "source": "/orders", "subject": "run-1", "tenant": "acme", "actor": "service:orders", "correlationid": "corr-1", "specversion": "1.0", "time": "2026-11-23T11:00:00.123456Z", "datacontenttype": "application/json", "data": ${SPACED}}`,
  },
  {
    sdk: 'Java cloudevents-kafka 4.0.1, binary',
    headers: {
      ...ATTRIBUTES,
      'content-type': 'application/json',
      ce_time: '2026-11-23T12:00:00.123456+01:00',
    },
    value: DATA,
  },
  {
    sdk: 'Java cloudevents-kafka 4.0.1, structured',
    headers: { 'content-type': 'application/cloudevents+json' },
    value: `{"specversion":"1.0","id":"c-1","source":"/orders","type":"fermata.run.start.v1","datacontenttype":"application/json","subject":"run-1","time":"2026-11-23T12:00:00.123456+01:00","actor":"service:orders","correlationid":"corr-1","tenant":"acme","data":${DATA}}`,
  },
  {
    sdk: 'Go sdk-go v2.16.2, structured',
    headers: { 'content-type': 'application/cloudevents+json' },
    value: `{"specversion":"1.0","id":"c-1","source":"/orders","type":"fermata.run.start.v1","subject":"run-1","datacontenttype":"application/json","time":"2026-11-23T11:00:00.123456789Z","data":${SORTED},"actor":"service:orders","correlationid":"corr-1","tenant":"acme"}`,
  },
];
