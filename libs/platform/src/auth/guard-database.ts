/** Injection token of the database that the guard asks who a caller is, and records refusals in: any service's own. */
export const GUARD_DATABASE = 'assay:guard-database';
