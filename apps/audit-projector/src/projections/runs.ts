import { endsRun, rfc3339, statusAfter, type EventOf, type RunEventType } from '@fermata/contracts';
import { answerOf, versioned, type EventPlace, type Part, type Projection } from './projection';

type Details = Partial<Part<'runs'>>;
type OfRun = Extract<RunEventType, `Run${string}`>;

const nothingMore = (): Details => ({});
const broken = ({ data }: EventOf<'RunFailed' | 'RunQuarantined'>) => ({
  code: data.code,
  message: data.message,
});

/** What an event of the run itself says beside where the run stands. */
const DETAILS = {
  RunStarted: ({ data, at }, { partition, offset }) => ({
    partition,
    workflow: data.workflow.name,
    version: data.workflow.version,
    definition: data.workflow.hash,
    policy: versioned(data.policy),
    requester: data.requester,
    input: JSON.stringify(data.input),
    started_at: at,
    first_offset: offset,
  }),
  RunPaused: nothingMore,
  RunResumed: nothingMore,
  RunReleased: nothingMore,
  RunQuarantined: broken,
  RunCompleted: ({ data }) => ({ output: JSON.stringify(data.output) }),
  RunFailed: broken,
  RunRejected: ({ data }) => ({ code: data.code, message: data.reason }),
  RunTimedOut: ({ data }) => ({ code: 'RUN_TIMED_OUT', message: timedOut(data.deadlineAt) }),
  RunCancelled: ({ data }) => ({ message: data.reason }),
} as const satisfies { [T in OfRun]: (event: EventOf<T>, place: EventPlace) => Details };

/** Runs as they stand: every event of a run moves its row on. */
export const runs: Projection = {
  table: 'runs',
  rowOf: (event, place) => {
    const moved = { sequence: event.sequence, last_offset: place.offset } satisfies Part<'runs'>;
    const details = answerOf<Details, RunEventType>(DETAILS, event, place);
    // Most events are of steps.
    if (details === null) return moved;
    const turned = {
      status: statusAfter(event.type),
      ended_at: endsRun(event) ? event.at : null,
    } satisfies Details;
    return { ...moved, ...turned, ...details };
  },
};

function timedOut(deadlineAt: number): string {
  const by = rfc3339(deadlineAt);
  return `expected the run to end by ${by}, found that it had not; see which step it waited for`;
}
