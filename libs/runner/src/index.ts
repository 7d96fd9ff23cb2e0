export { RunnerModule } from './runner.module.js';
export { runnerEntities } from './entities.js';
