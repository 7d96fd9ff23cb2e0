/** Injection token of the database in which refused requests are recorded: any service's own. */
export const REFUSALS_DATABASE = 'assay:refusals-database';
