import type { Gate } from '@assay/contracts';
import { type EvaluationRecord, groupGaps } from '../evaluations/evaluation.js';
import { type Finding, boundsText, looked, shown, tolerance, withinBounds } from './gate-facts.js';

type GroupGap = Extract<Gate, { gate: 'group-gap' }>;
type SliceThreshold = Extract<Gate, { gate: 'slice-threshold' }>;
type Group = EvaluationRecord['facts']['slices'][number]['groups'][number];

export function groupGapText(gate: GroupGap): string {
  return `${gate.metric} differs by at most ${gate.atMost} between groups of ${columnText(gate)} ${sizeText(gate)}`;
}

export function sliceThresholdText(gate: SliceThreshold): string {
  const where =
    gate.value === undefined ? `in every group of ${columnText(gate)}` : `where ${gate.column} is ${gate.value}`;
  return `${gate.metric} ${boundsText(gate)} ${where} ${sizeText(gate)}`;
}

/** The largest difference of a metric between the groups of a column. */
export function groupGap(gate: GroupGap, candidate: EvaluationRecord): Finding {
  const finding = (outcome: Finding['outcome'], observed: string): Finding => ({
    outcome,
    observed,
    looked: [looked(candidate)],
  });
  const slice = sliceOf(candidate, gate);
  if (slice === undefined) return finding('missing', `groups of ${columnText(gate)} were not measured`);
  const { judged, left, refused } = sorted(gate, slice.groups);
  if (refused) return finding('failed', left.replace(/^; /, ''));
  const unmeasured = judged.filter((group) => group.metrics[gate.metric] === undefined).map(({ value }) => value);
  if (unmeasured.length > 0)
    return finding('failed', `${gate.metric} is undefined for ${unmeasured.join(', ')}${left}`);
  const value = groupGaps(slice, gate.minGroupRows)[gate.metric];
  if (value === undefined) return finding('failed', `fewer than two groups of ${gate.column} can be compared${left}`);
  return finding(
    value <= gate.atMost + tolerance ? 'passed' : 'failed',
    `${gate.metric} differs by ${shown(value)} between groups of ${gate.column}${left}`,
  );
}

/** A metric in one group of a column, or in each of them. */
export function sliceThreshold(gate: SliceThreshold, candidate: EvaluationRecord): Finding {
  const finding = (outcome: Finding['outcome'], observed: string): Finding => ({
    outcome,
    observed,
    looked: [looked(candidate)],
  });
  const slice = sliceOf(candidate, gate);
  if (slice === undefined) return finding('missing', `groups of ${columnText(gate)} were not measured`);
  const named = slice.groups.filter(({ value }) => gate.value === undefined || value === gate.value);
  if (named.length === 0) return finding('missing', `no row has ${gate.column} = ${gate.value ?? ''}`);
  const { judged, left, refused } = sorted(gate, named);
  if (refused) return finding('failed', left.replace(/^; /, ''));
  if (judged.length === 0) return finding('failed', `no group of ${gate.column} is large enough${left}`);
  const unmeasured = judged.filter((group) => group.metrics[gate.metric] === undefined).map(({ value }) => value);
  if (unmeasured.length > 0)
    return finding('failed', `${gate.metric} is undefined for ${unmeasured.join(', ')}${left}`);
  const values = judged.map(({ value, metrics }) => ({ value, measured: metrics[gate.metric] ?? Number.NaN }));
  const outside = values.filter(({ measured }) => !withinBounds(measured, gate));
  const told = (outside.length > 0 ? outside : values)
    .map(({ value, measured }) => `${shown(measured)} for ${value}`)
    .join(', ');
  return finding(outside.length > 0 ? 'failed' : 'passed', `${gate.metric} is ${told}${left}`);
}

/** The groups that the policy means: a column cut at other edges is another question, which whoever evaluates could choose. */
function sliceOf(
  { facts }: EvaluationRecord,
  { column, edges = [] }: Pick<GroupGap, 'column' | 'edges'>,
): EvaluationRecord['facts']['slices'][number] | undefined {
  return facts.slices.find((slice) => slice.column === column && (slice.edges ?? []).join() === edges.join());
}

function columnText({ column, edges }: Pick<GroupGap, 'column' | 'edges'>): string {
  return edges === undefined ? column : `${column} cut at ${edges.join(', ')}`;
}

/** Groups large enough to judge, and what is said of the small ones; `refused` where the policy lets none of those pass. */
function sorted(
  { minGroupRows, smallGroups }: Pick<GroupGap, 'minGroupRows' | 'smallGroups'>,
  groups: readonly Group[],
): { judged: Group[]; left: string; refused: boolean } {
  const small = groups.filter(({ rows }) => rows < minGroupRows).map(({ value, rows }) => `${value} (${rows} rows)`);
  return {
    judged: groups.filter(({ rows }) => rows >= minGroupRows),
    left: small.length === 0 ? '' : `; too small to compare: ${small.join(', ')}`,
    refused: smallGroups === 'fail' && small.length > 0,
  };
}

function sizeText({ minGroupRows, smallGroups }: Pick<GroupGap, 'minGroupRows' | 'smallGroups'>): string {
  return smallGroups === 'fail' ? `(each of ${minGroupRows} rows or more)` : `(of ${minGroupRows} rows or more)`;
}
