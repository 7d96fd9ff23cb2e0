import type { HeartbeatRequest, JobMachine } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import type { AttemptRecord } from '../jobs/job-record.js';

/** Where the process of an attempt is. */
export interface AttemptProcess {
  readonly host: string;
  readonly pid: number;
  /** Kernel start time, so that a later process with the same id is not mistaken for it. */
  readonly start: string | null;
}

/** Attempts and their leases; a lease runs by the database's clock alone. */
@Injectable()
export class AttemptStore {
  async insert(tx: Tx, jobId: string, epoch: number, leaseSeconds: number): Promise<void> {
    await tx.query(`insert into runner.attempt (job_id, epoch, state, started_at) values ($1, $2, 'starting', now())`, [
      jobId,
      epoch,
    ]);
    await tx.query(
      `insert into runner.attempt_status (job_id, epoch, lease_until, data_read) values ($1, $2, clock_timestamp() + make_interval(secs => $3), '[]')`,
      [jobId, epoch, leaseSeconds],
    );
  }

  async run(tx: Tx, jobId: string, epoch: number, machine: JobMachine): Promise<void> {
    await tx.query(`update runner.attempt set state = 'running', machine = $3 where job_id = $1 and epoch = $2`, [
      jobId,
      epoch,
      JSON.stringify(machine),
    ]);
  }

  async end(tx: Tx, jobId: string, epoch: number, state: AttemptRecord['state'], reason: string | null): Promise<void> {
    await tx.query(
      'update runner.attempt set state = $3, reason = $4, ended_at = now() where job_id = $1 and epoch = $2',
      [jobId, epoch, state, reason],
    );
  }

  /** Extends the lease if it has not run out; false means that it has. */
  async renew(
    tx: Tx,
    jobId: string,
    epoch: number,
    leaseSeconds: number,
    told: Pick<HeartbeatRequest, 'progress' | 'backend' | 'dataRead'>,
  ): Promise<boolean> {
    const [, count]: [unknown[], number] = await tx.query(
      `update runner.attempt_status set lease_until = clock_timestamp() + make_interval(secs => $3), progress = coalesce($4, progress),
         backend = coalesce($5, backend), data_read = coalesce($6, data_read)
       where job_id = $1 and epoch = $2 and lease_until > clock_timestamp()`,
      [jobId, epoch, leaseSeconds, jsonOrNull(told.progress), jsonOrNull(told.backend), jsonOrNull(told.dataRead)],
    );
    return count === 1;
  }

  async setProcess(tx: Tx, jobId: string, epoch: number, process: AttemptProcess): Promise<void> {
    await tx.query(
      'update runner.attempt_status set executor_host = $3, pid = $4, process_start = $5 where job_id = $1 and epoch = $2',
      [jobId, epoch, process.host, process.pid, process.start],
    );
  }

  /** Jobs whose latest attempt is alive by its state, but silent past its lease. */
  async expired(tx: Tx): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      `select j.id from runner.job j join runner.attempt_status s on s.job_id = j.id and s.epoch = j.epoch
       where j.state in ('starting', 'running') and s.lease_until <= clock_timestamp() order by j.id`,
    );
    return rows.map(({ id }) => id);
  }

  /** Asked again under the job's lock, because a heartbeat may have come in between. */
  async hasExpired(tx: Tx, jobId: string, epoch: number): Promise<boolean> {
    const rows: unknown[] = await tx.query(
      'select from runner.attempt_status where job_id = $1 and epoch = $2 and lease_until <= clock_timestamp() for update',
      [jobId, epoch],
    );
    return rows.length === 1;
  }
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
