import {
  type Actor,
  type Job,
  job,
  jobList,
  type JobListRequest,
  jobListRequest,
  type JobLog,
  jobLog,
  type JobLogRequest,
  jobLogRequest,
  jobRequest,
  type SubmitJobRequest,
  submitJobRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { CancelJob } from './cancel-job.js';
import { JobsService } from './jobs.service.js';
import { SubmitJob } from './submit-job.js';

@Controller()
export class JobsController {
  constructor(
    private readonly submitJob: SubmitJob,
    private readonly cancelJob: CancelJob,
    private readonly jobs: JobsService,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/jobs',
    permission: 'jobs:write',
    models: { fields: ['inputs.model.name', 'inputs.comparedWith.name'], creates: true },
    summary: 'Ask for a job',
    request: submitJobRequest,
    response: job,
    status: 201,
  })
  submit(@Caller() actor: Actor, @Input() input: SubmitJobRequest): Promise<Job> {
    return this.submitJob.execute(actor, input);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/jobs',
    permission: 'jobs:read',
    summary: 'List jobs, newest first',
    request: jobListRequest,
    response: jobList,
  })
  async list(@Caller() actor: Actor, @Input() input: JobListRequest): Promise<{ jobs: Job[] }> {
    return { jobs: await this.jobs.list(actor, input) };
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/jobs/:id',
    permission: 'jobs:read',
    models: { behind: { id: 'job' } },
    summary: 'Read a job',
    request: jobRequest,
    response: job,
  })
  get(@Caller() actor: Actor, @Input() input: { id: string }): Promise<Job> {
    return this.jobs.get(actor, input.id);
  }

  @Endpoint({
    method: 'GET',
    path: '/api/v1/jobs/:id/logs',
    permission: 'jobs:read',
    models: { behind: { id: 'job' } },
    summary: 'Read log lines from a position on',
    request: jobLogRequest,
    response: jobLog,
  })
  logs(@Caller() actor: Actor, @Input() input: JobLogRequest): Promise<JobLog> {
    return this.jobs.log(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/jobs/:id/cancel',
    permission: 'jobs:write',
    models: { behind: { id: 'job' } },
    summary: 'Cancel a job',
    request: jobRequest,
    response: job,
  })
  cancel(@Caller() actor: Actor, @Input() input: { id: string }): Promise<Job> {
    return this.cancelJob.execute(actor, input.id);
  }
}
