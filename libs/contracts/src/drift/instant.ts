import { z } from 'zod';

/** A time with its zone, in years that every part of the platform can hold. */
export const instant = z.iso.datetime({ offset: true }).refine(
  (text) => {
    const year = new Date(text).getUTCFullYear();
    return year >= 1970 && year < 2500;
  },
  { message: 'must lie between the years 1970 and 2499' },
);
