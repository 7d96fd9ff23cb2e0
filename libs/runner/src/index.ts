export { RunnerModule } from './runner.module.js';
export { runnerEntities } from './runner.entities.js';
