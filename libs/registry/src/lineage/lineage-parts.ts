import { LineageController } from './lineage.controller.js';
import { LineageLinks } from './lineage-links.js';
import { LineageStore } from './lineage.store.js';
import { ReadDatasetUses } from './read-dataset-uses.js';
import { TraceLineage } from './trace-lineage.js';

/** What lineage adds to the registry's module. */
export const lineageControllers = [LineageController];
export const lineageProviders = [LineageStore, LineageLinks, TraceLineage, ReadDatasetUses];
