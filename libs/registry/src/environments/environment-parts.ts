import { PersonNames } from '@assay/access-reads';
import { EnvironmentStore } from './environment.store.js';
import { EnvironmentsController } from './environments.controller.js';
import { EnvironmentsService } from './environments.service.js';
import { ReadServing } from './read-serving.js';
import { ServingStore } from './serving.store.js';

/** What environments add to the registry's module. */
export const environmentControllers = [EnvironmentsController];
export const environmentProviders = [EnvironmentStore, EnvironmentsService, ServingStore, ReadServing, PersonNames];
