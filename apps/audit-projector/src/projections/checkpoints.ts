import { byEvent, type ChangesOf } from './projection';

/** Labelled states that runs came to. */
export const checkpoints = byEvent('checkpoints', {
  CheckpointReached: ({ data, sequence, at }) => ({
    label: data.label,
    steps: JSON.stringify(data.steps),
    sequence,
    at,
  }),
} satisfies ChangesOf<'checkpoints', 'label'>);
