import { createHash } from 'node:crypto';
import {
  type Promotion,
  pointerState,
  promotion,
  searchAuditRecordsResponse,
  type VersionManifest,
  versionManifest,
} from '@assay/contracts';
import { ApiError, segment } from '../api-client.js';
import { downloadUriAnswer, versionAnswer } from '../mlflow-wire.js';
import { table } from '../output/table.js';
import { artifactUrl } from './artifact-url.js';
import { BrokenStory, type Demo } from './demo.js';
import type { Role } from './demo-state.js';
import { waitFor } from './find-or-make.js';
import { story } from './story.js';

/** Signs a request as one of the people, with the password again. */
export async function approve(demo: Demo, role: Role, seen: Promotion, comment: string): Promise<Promotion> {
  const { password } = demo.person(role);
  const { body } = await demo.as(role).post(`/api/v1/promotions/${segment(seen.id)}/approve`, promotion, {
    comment,
    credential: { password },
    binding: seen.binding,
  });
  return body;
}

/** The server's refusal of an approval that must not be possible. */
export async function refusedApproval(demo: Demo, role: Role, seen: Promotion, comment: string): Promise<ApiError> {
  try {
    await approve(demo, role, seen, comment);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new BrokenStory('An approval went through that must be refused.');
}

/** Id of the audit record about a refused attempt on a request. */
export async function refusalRecord(demo: Demo, requestId: string): Promise<string> {
  return waitFor(demo, 'the refusal appears in the audit log', async () => {
    const { records } = await demo
      .as('admin')
      .get('/api/v1/audit/records', searchAuditRecordsResponse, { targetId: requestId, outcome: 'refused' });
    return records.find(({ actor }) => actor.id === demo.person('engineer').id)?.id ?? null;
  });
}

/** What the pointer holds, now or at a time. */
export async function holder(demo: Demo, asOf?: string): Promise<string | null> {
  const path = `/api/v1/models/${segment(demo.names.model)}/pointers/${story.pointer}`;
  return (await demo.as('engineer').get(path, pointerState, { asOf })).version;
}

/** Resolves `models:/name@champion` and downloads every file by the calls that an MLflow client makes; checks each digest. */
export async function downloadChampion(
  demo: Demo,
): Promise<{ version: string; files: number; manifest: VersionManifest }> {
  const api = demo.as('engineer');
  const name = demo.names.model;
  const { model_version: held } = await api.get('/api/2.0/mlflow/registered-models/alias', versionAnswer, {
    name,
    alias: story.pointer,
  });
  const { artifact_uri: uri } = await api.get('/api/2.0/mlflow/model-versions/get-download-uri', downloadUriAnswer, {
    name,
    version: held.version,
  });
  const manifest = await api.get(`/api/v1/models/${segment(name)}/versions/${held.version}/manifest`, versionManifest);
  for (const file of manifest.files) {
    const response = await api.send('GET', artifactUrl(uri, file.path));
    const found = createHash('sha256')
      .update(new Uint8Array(await response.arrayBuffer()))
      .digest('hex');
    demo.holds(found === file.sha256, `${file.path} of models:/${name}@${story.pointer} arrives as sealed`);
  }
  return { version: held.version, files: manifest.files.length, manifest };
}

export function gatesText(seen: Promotion): string {
  return table(seen.gates, [
    { title: 'gate', value: (gate) => gate.gate },
    { title: 'required', value: (gate) => gate.required },
    { title: 'observed', value: (gate) => gate.observed },
    { title: 'outcome', value: (gate) => gate.outcome },
  ]);
}

export function gateFacts(seen: Promotion): { gate: string; required: string; observed: string; outcome: string }[] {
  return seen.gates.map(({ gate, required, observed, outcome }) => ({ gate, required, observed, outcome }));
}
