import { z } from 'zod';

export const jobLogLevels = ['info', 'warn', 'error'] as const;

/** Lines of a job, read from a cursor on. */
export const jobLogRequest = z
  .object({
    id: z.string().min(1).max(64).describe('Id of the job'),
    after: z.coerce
      .number()
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .default(0)
      .describe('Only lines after this position'),
    limit: z.coerce.number().int().min(1).max(5000).default(1000).describe('Most lines answered'),
  })
  .meta({ id: 'JobLogRequest' });

export const jobLogLine = z
  .object({
    position: z.int().describe('Place of the line; grows, with gaps between attempts'),
    epoch: z.int().describe('Attempt that wrote it'),
    at: z.iso.datetime().describe('When it was written'),
    level: z.enum(jobLogLevels).describe('Severity'),
    text: z.string().describe('The line'),
  })
  .meta({ id: 'JobLogLine' });

export const jobLog = z
  .object({
    lines: z.array(jobLogLine).describe('Lines in order'),
    next: z.int().describe('What to give as `after` for the lines that follow'),
    ended: z.boolean().describe('Whether the job has ended and no line will follow'),
  })
  .meta({ id: 'JobLog' });

/** A job's events from a position of its log on. */
export const jobEventsRequest = jobLogRequest.pick({ id: true, after: true }).meta({ id: 'JobEventsRequest' });

export type JobEventsRequest = z.infer<typeof jobEventsRequest>;
export type JobLogRequest = z.infer<typeof jobLogRequest>;
export type JobLogLine = z.infer<typeof jobLogLine>;
export type JobLog = z.infer<typeof jobLog>;
