import type { LineageKind } from '@assay/contracts';
import { WindowLinks } from '@assay/drift-reads';
import type { Tx } from '@assay/platform/database';
import { JobLinks } from '@assay/runner-reads';
import { RunLinks } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import { jobNode, JobSteps } from './job-steps.js';
import { across, type Direction, type Expand, idsOf, type Neighbour, type Node, type Step } from './lineage.js';
import { LineageStore, type LinkName } from './lineage.store.js';
import { RunSteps } from './run-steps.js';
import { alertNode, windowNode, WindowSteps } from './window-steps.js';

/** One step of a lineage: what lies next to some things of one kind. The registry's own rows, and its neighbours' through their reads. */
@Injectable()
export class LineageLinks {
  private readonly runs = new RunLinks();
  private readonly jobs = new JobLinks();
  private readonly windows = new WindowLinks();

  readonly ofRuns: RunSteps;
  private readonly ofJobs: JobSteps;
  private readonly ofWindows: WindowSteps;

  constructor(private readonly store: LineageStore) {
    this.ofRuns = new RunSteps(store, this.runs);
    this.ofJobs = new JobSteps(store, this.jobs);
    this.ofWindows = new WindowSteps(store, this.windows);
  }

  async neighbours(step: Step, kind: LineageKind, direction: Direction): Promise<Neighbour[]> {
    const found: Neighbour[] = [];
    for (const expand of this.steps[direction][kind]) found.push(...(await expand(step)));
    return found;
  }

  /** Nodes for ids of one kind; what isn't there (any more, or for this workspace) is left out. */
  async describe(tx: Tx, workspace: string, kind: LineageKind, ids: readonly string[]): Promise<Node[]> {
    switch (kind) {
      case 'run':
        return (await this.runs.describeRuns(tx, workspace, ids)).map((run) => ({ kind, ...run }));
      case 'logged-model':
        return (await this.runs.describeModels(tx, workspace, ids)).map((model) => ({ kind, ...model }));
      case 'logged-dataset':
        return (await this.runs.describeLogged(tx, workspace, ids)).map((dataset) => ({ kind, ...dataset, at: null }));
      case 'job':
        return (await this.jobs.describe(tx, workspace, ids)).map(jobNode);
      case 'prediction-window':
        return (await this.windows.describe(tx, workspace, ids)).map(windowNode);
      case 'drift-alert':
        return (await this.windows.describeAlerts(tx, workspace, ids)).map(alertNode);
      default:
        return this.store.describe(tx, workspace, kind, ids);
    }
  }

  private readonly steps: Readonly<Record<Direction, Readonly<Record<LineageKind, readonly Expand[]>>>> = {
    down: {
      'dataset-version': [
        (step) => this.ofRuns.runsOnData(step),
        this.own('datasetsToEvaluations', 'from', 'evaluation', 'was measured on'),
        (step) => this.ofJobs.jobsReading(step, 'dataset'),
        (step) => this.ofWindows.windowsAgainst(step),
      ],
      'logged-dataset': [(step) => this.ofRuns.runsOfLogged(step)],
      run: [
        this.tracked('made', 'from', 'logged-model', 'was logged by'),
        this.tracked('partsOf', 'from', 'run', 'has as a part'),
        this.own('runsToVersions', 'from', 'model-version', 'was registered from'),
      ],
      'logged-model': [
        this.own('loggedModelsToVersions', 'from', 'model-version', 'was registered from'),
        this.tracked('readBy', 'from', 'run', 'went on from'),
      ],
      'model-version': [
        this.own('versionsToCopies', 'from', 'model-version', 'is a copy of'),
        this.own('versionsToEvaluations', 'from', 'evaluation', 'measured'),
        this.own('versionsToPromotions', 'from', 'promotion', 'asks for'),
        this.own('versionsToMoves', 'from', 'pointer-move', 'moved to'),
        (step) => this.ofJobs.jobsReading(step, 'model'),
      ],
      evaluation: [this.own('evidenceToPromotions', 'from', 'promotion', 'rests on')],
      promotion: [this.own('promotionsToMoves', 'from', 'pointer-move', 'applied')],
      'pointer-move': [(step) => this.ofJobs.jobsOfMoves(step), (step) => this.ofWindows.windowsOfMoves(step)],
      job: [
        this.tracked('ofJobs', 'from', 'run', 'was written by'),
        this.own('jobsToEvaluations', 'from', 'evaluation', 'was reported by'),
        (step) => this.ofWindows.windowsOfJobs(step),
      ],
      'prediction-window': [
        this.own('evidenceToPromotions', 'from', 'promotion', 'rests on'),
        (step) => this.ofWindows.alertsOfWindows(step),
      ],
      'drift-alert': [(step) => this.ofJobs.jobsOfAlerts(step)],
    },
    up: {
      'dataset-version': [],
      'logged-dataset': [],
      run: [
        (step) => this.ofRuns.dataOfRuns(step),
        this.tracked('readBy', 'to', 'logged-model', 'went on from'),
        this.tracked('partsOf', 'to', 'run', 'has as a part'),
        this.tracked('ofJobs', 'to', 'job', 'was written by'),
      ],
      'logged-model': [this.tracked('made', 'to', 'run', 'was logged by')],
      'model-version': [
        this.own('versionsToCopies', 'to', 'model-version', 'is a copy of'),
        this.own('loggedModelsToVersions', 'to', 'logged-model', 'was registered from'),
        this.own('runsToVersions', 'to', 'run', 'was registered from'),
      ],
      evaluation: [
        this.own('versionsToEvaluations', 'to', 'model-version', 'measured'),
        this.own('datasetsToEvaluations', 'to', 'dataset-version', 'was measured on'),
        this.own('jobsToEvaluations', 'to', 'job', 'was reported by'),
      ],
      promotion: [
        this.own('versionsToPromotions', 'to', 'model-version', 'asks for'),
        this.own('evidenceToPromotions', 'to', 'evaluation', 'rests on'),
        this.own('evidenceToPromotions', 'to', 'prediction-window', 'rests on'),
      ],
      'pointer-move': [
        this.own('versionsToMoves', 'to', 'model-version', 'moved to'),
        this.own('promotionsToMoves', 'to', 'promotion', 'applied'),
      ],
      job: [(step) => this.ofJobs.inputsOfJobs(step), (step) => this.ofJobs.alertsOfJobs(step)],
      'prediction-window': [(step) => this.ofWindows.sourcesOfWindows(step)],
      'drift-alert': [(step) => this.ofWindows.windowsOfAlerts(step)],
    },
  };

  private own(name: LinkName, side: 'from' | 'to', kind: LineageKind, relation: string): Expand {
    return async ({ tx, workspace, nodes, most }) =>
      across(await this.store.linked(tx, workspace, name, side, idsOf(nodes), most), side, kind, relation);
  }

  private tracked(
    name: 'made' | 'readBy' | 'ofJobs' | 'partsOf',
    side: 'from' | 'to',
    kind: LineageKind,
    relation: string,
  ): Expand {
    return async ({ tx, workspace, nodes, most }) =>
      across(await this.runs[name](tx, workspace, side, idsOf(nodes), most), side, kind, relation);
  }
}
