import { z } from 'zod';

/** A person, or whatever acted, as answers name them. */
export const somebody = z.object({
  id: z.string().describe('Id of the person, or of whatever acted.'),
  name: z.string().nullable().describe('Name; null where no person is known by that id.'),
});

export type Somebody = z.infer<typeof somebody>;
