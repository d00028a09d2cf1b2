import type { EventData, EventOf, RunEvent, RunEventType } from '@fermata/contracts';
import type { Change, Row, Sweep, TableName } from '@fermata/read-model';

/** Where an event stands. */
export interface EventPlace {
  readonly partition: number;
  readonly offset: number;
}

/** How a table follows from the events of runs. */
export interface Projection {
  readonly table: TableName;
  /** What an event changes in its run's rows; null for nothing. */
  readonly rowOf: (event: RunEvent, place: EventPlace) => Row | null;
  /** What some events make of all rows of their run. */
  readonly sweep?: Sweep & { readonly by: (event: RunEvent) => boolean };
}

/** A change of a row of the table `N`; its run is known. */
export type Part<N extends TableName> = Omit<Change<N>, 'tenant' | 'run'>;

type Answer<T extends RunEventType, R> = (event: EventOf<T>, place: EventPlace) => R | null;
type Answers<R> = { readonly [T in RunEventType]?: Answer<T, R> };

/** Events whose data name a field, such as all that speak of a `gate`. */
type Naming<F extends string> = {
  [T in RunEventType]: F extends keyof EventData<T> ? T : never;
}[RunEventType];

/**
 * What events change in the table `N`. Every event that names its subject, the field `F`, must be
 * there, if only with `nothing`: so the compiler names the projections that an event concerns.
 */
export type ChangesOf<N extends TableName, F extends string> = Answers<Part<N>> & {
  readonly [T in Naming<F>]: Answer<T, Part<N>>;
};

/** Says that an event changes nothing here. */
export const nothing = (): null => null;

/** What the one function for an event answers; null if there is none. */
export function answerOf<R, T extends RunEventType>(
  answers: Answers<R>,
  event: EventOf<T> & { readonly type: T },
  place: EventPlace,
): R | null {
  return answers[event.type]?.(event, place) ?? null;
}

/** A table whose rows follow from single events. */
export function byEvent(table: TableName, answers: Answers<Row>): Projection {
  return { table, rowOf: (event, place) => answerOf(answers, event, place) };
}

/** A thing and its version, as rows name them. */
export function versioned({ name, version }: { name: string; version: string }): string {
  return `${name}@${version}`;
}
