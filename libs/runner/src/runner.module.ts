import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AttemptTokens } from './attempts/attempt-tokens.js';
import { AttemptStore } from './attempts/attempt.store.js';
import { AttemptsController } from './attempts/attempts.controller.js';
import { AttemptsService, AttemptStores } from './attempts/attempts.service.js';
import { EndAttempt } from './attempts/end-attempt.js';
import { LocalProcessExecutor } from './executors/local-process.executor.js';
import { CancelJob } from './jobs/cancel-job.js';
import { JobEventsController } from './jobs/job-events.controller.js';
import { JobEvents } from './jobs/job-events.js';
import { JobLogStore } from './jobs/job-log.store.js';
import { JobStore } from './jobs/job.store.js';
import { JobsController } from './jobs/jobs.controller.js';
import { JobsService } from './jobs/jobs.service.js';
import { SubmitJob } from './jobs/submit-job.js';
import { runnerEntities } from './entities.js';
import { ModelsBehindJobs } from './models-behind-jobs.js';
import { AdmitJobs } from './scheduling/admit-jobs.js';
import { LaunchWorker } from './scheduling/launch-worker.js';
import { Reconciler } from './scheduling/reconciler.js';
import { WatchAttempts } from './scheduling/watch-attempts.js';
import { CreateTrigger } from './triggers/create-trigger.js';
import { FireTriggers } from './triggers/fire-triggers.js';
import { TriggerStore } from './triggers/trigger.store.js';
import { TriggersService } from './triggers/triggers.service.js';
import { TriggersController } from './triggers/triggers.controller.js';

/** Jobs, their attempts and workers, and the triggers that start them. */
@Module({
  imports: [TypeOrmModule.forFeature([...runnerEntities], 'runner')],
  controllers: [JobsController, JobEventsController, AttemptsController, TriggersController],
  providers: [
    JobStore,
    JobLogStore,
    SubmitJob,
    CancelJob,
    JobsService,
    JobEvents,
    AttemptStore,
    AttemptStores,
    AttemptTokens,
    AttemptsService,
    EndAttempt,
    AdmitJobs,
    WatchAttempts,
    LocalProcessExecutor,
    LaunchWorker,
    Reconciler,
    TriggerStore,
    CreateTrigger,
    FireTriggers,
    TriggersService,
    ModelsBehindJobs,
  ],
})
export class RunnerModule {}
