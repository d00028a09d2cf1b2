import { z } from 'zod';
import { reads, type Route } from './route';

/** Whether a service lives. */
export const aliveView = z.object({ status: z.literal('ok') });

/** Whether a service is ready, and how many records the read model lags behind. */
export const readyView = aliveView.extend({ projectionLag: z.int() });

/** Routes that anybody may ask. */
export const ABOUT_ROUTES = [
  {
    id: 'readOpenApi',
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    isOpen: true,
    answers: reads(z.record(z.string(), z.unknown())),
  },
  {
    id: 'isAlive',
    method: 'get',
    path: '/health/live',
    summary: 'Whether the service lives',
    isOpen: true,
    answers: reads(aliveView),
  },
  {
    id: 'isReady',
    method: 'get',
    path: '/health/ready',
    summary: 'Whether the service is ready: its read model is not far behind',
    isOpen: true,
    answers: reads(readyView),
  },
] as const satisfies readonly Route[];
