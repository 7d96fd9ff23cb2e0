import type { MigrationInterface } from 'typeorm';

/** A migration as TypeORM takes it; each schema's folder lists its own, in order. */
export type MigrationClass = new () => MigrationInterface;
