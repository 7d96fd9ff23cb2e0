import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readConfig } from '@assay/platform/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../..');
const { ASSAY_TEST_KUSTOMIZE: kustomize = '', ASSAY_TEST_PYTHON: python = '' } = process.env;

const container = z.object({
  name: z.string(),
  image: z.string(),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
  securityContext: z.object({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ memory: z.string() }),
  }),
  readinessProbe: z.unknown().optional(),
  livenessProbe: z.unknown().optional(),
});
// What PodSecurity "restricted" asks for, and what we ask for beyond it.
const pod = z.object({
  automountServiceAccountToken: z.literal(false),
  hostNetwork: z.undefined().optional(),
  hostPID: z.undefined().optional(),
  hostIPC: z.undefined().optional(),
  securityContext: z.object({
    runAsNonRoot: z.literal(true),
    runAsUser: z.number().min(1),
    seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.array(container).min(1),
  volumes: z.array(z.object({ name: z.string(), hostPath: z.undefined().optional() })).default([]),
});
const resource = z.object({
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.unknown().optional(),
});
const workload = z.object({
  template: z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }), spec: pod }),
});
const policy = z.object({
  podSelector: z.object({ matchLabels: z.record(z.string(), z.string()).default({}) }),
  policyTypes: z.array(z.string()),
});

const overlays = [
  { name: 'the development overlay', components: [] },
  { name: 'the development overlay with a pod of its own for webhooks', components: ['webhook-sender'] },
];

describe.skipIf(!kustomize).each(overlays)('$name (needs kustomize)', ({ components }) => {
  const sends = components.includes('webhook-sender');
  let copy: string;
  let rendered: string;
  let resources: z.infer<typeof resource>[];

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'assay-k8s-'));
    cpSync(join(root, 'k8s'), join(copy, 'k8s'), { recursive: true, filter: (path) => !path.endsWith('/secrets') });
    execFileSync(process.execPath, [join(root, 'tools/k8s-dev-secrets.mjs'), join(copy, 'k8s/overlays/dev/secrets')]);
    const overlay = join(copy, 'k8s/overlays/tested');
    mkdirSync(overlay);
    const lists = { resources: ['../dev'], components: components.map((name) => `../../components/${name}`) };
    writeFileSync(join(overlay, 'kustomization.yaml'), JSON.stringify({ namespace: 'assay-dev', ...lists }));
    rendered = execFileSync(kustomize, ['build', overlay], { encoding: 'utf8' });
    resources = parseAllDocuments(rendered).map((document) => resource.parse(document.toJS()));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const workloads = () => resources.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind));

  it.skipIf(!python)(
    'is accepted by the strict Kubernetes schemas, which refuse a misspelt field (needs kubernetes-validate)',
    () => {
      const validate = (text: string) => {
        const file = join(copy, 'rendered.yaml');
        writeFileSync(file, text);
        return spawnSync(join(python, '../kubernetes-validate'), ['--strict', '-k', '1.37', file], {
          encoding: 'utf8',
        });
      };
      const accepted = validate(rendered);
      expect(accepted.stdout).not.toMatch(/ERROR|WARNING/);
      expect(accepted.status).toBe(0);
      expect(accepted.stdout.match(/ passed /g)).toHaveLength(resources.length);
      expect(
        validate(rendered.replace('terminationGracePeriodSeconds', 'terminationGracePeriodSecond')).status,
      ).not.toBe(0);
    },
    60_000,
  );

  it('has the four services, the migration Job and the stores', () => {
    expect(
      workloads()
        .map(({ kind, metadata }) => `${kind}/${metadata.name}`)
        .sort(),
    ).toEqual([
      'Deployment/audit',
      'Deployment/drift',
      'Deployment/registry',
      'Deployment/runner',
      ...(sends ? ['Deployment/webhook-sender'] : []),
      'Job/migrate',
      'StatefulSet/minio',
      'StatefulSet/postgres',
      'StatefulSet/redis',
    ]);
    expect(resources.find(({ kind }) => kind === 'Namespace')?.metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it('runs every pod restricted, with limits, and every server with probes', () => {
    for (const { kind, spec } of workloads()) {
      const { containers } = workload.parse(spec).template.spec;
      for (const one of containers) {
        if (kind !== 'Job')
          expect(one).toMatchObject({ readinessProbe: expect.anything(), livenessProbe: expect.anything() });
        expect(one.image).toMatch(/^[a-z/-]+(:[\w.-]+)?$/);
      }
    }
  });

  it('denies by default, and opens each workload by a policy of its own', () => {
    const policies = resources
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ metadata, spec }) => ({ name: metadata.name, ...policy.parse(spec) }));
    expect(policies.find(({ name }) => name === 'default-deny')).toEqual({
      name: 'default-deny',
      podSelector: { matchLabels: {} },
      policyTypes: ['Ingress', 'Egress'],
    });
    for (const { metadata, spec } of workloads()) {
      const { labels } = workload.parse(spec).template.metadata;
      const own = policies.find(({ name }) => name === metadata.name)?.podSelector.matchLabels ?? {};
      expect(Object.keys(own)).not.toEqual([]);
      expect(labels).toMatchObject(own);
    }
  });

  it('lets one pod alone out to the internet: the one that sends webhooks', () => {
    const outside = resources
      .filter(({ kind, spec }) => kind === 'NetworkPolicy' && JSON.stringify(spec).includes('0.0.0.0/0'))
      .map(({ metadata }) => metadata.name);
    expect(outside).toEqual([sends ? 'webhook-sender' : 'registry']);
    const sending = workloads()
      .filter(({ metadata }) => ['registry', 'webhook-sender'].includes(metadata.name))
      .map(({ metadata, spec }) => {
        const env = workload.parse(spec).template.spec.containers[0]?.env ?? [];
        const set = env.filter(({ name }) => name.startsWith('ASSAY_')).map(({ name, value }) => [name, value ?? '']);
        return `${metadata.name} ${readConfig(Object.fromEntries(set)).webhooks.deliver}`;
      });
    expect(sending.toSorted()).toEqual(sends ? ['registry false', 'webhook-sender true'] : ['registry true']);
  });

  it('sets only settings that the platform knows', () => {
    for (const { metadata, spec } of workloads()) {
      const names = workload
        .parse(spec)
        .template.spec.containers.flatMap(({ env }) => env)
        .filter(({ name }) => name.startsWith('ASSAY_'));
      const settings = Object.fromEntries(names.map(({ name, value }) => [name, value ?? '']));
      expect(() => readConfig(settings), metadata.name).not.toThrow();
    }
  });
});

describe('the Dockerfile', () => {
  const text = readFileSync(join(root, 'deploy/docker/Dockerfile'), 'utf8');

  it('copies what is there and builds as CI does', () => {
    const copied = [...text.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap((match) =>
      (match[1] ?? '').split(' ').slice(0, -1),
    );
    expect(copied).toContain('package-lock.json');
    for (const path of copied) expect(existsSync(join(root, path)), path).toBe(true);
    expect(text).toContain('RUN node tools/run.mjs build');
    expect(readFileSync(join(root, '.ci/run'), 'utf8')).toContain('node tools/run.mjs build');
  });

  it('has a target per role, none of them root', () => {
    const started = [
      ...text.matchAll(/^FROM runtime AS (\w+)\n(?:HEALTHCHECK.*\n)?CMD \["node", "--enable-source-maps", "(.+)"\]$/gm),
    ].map((match) => ({ target: match[1], file: match[2] ?? '' }));
    expect(started.map(({ target }) => target).sort()).toEqual([
      'assay',
      'audit',
      'drift',
      'migrate',
      'registry',
      'runner',
    ]);
    for (const { file } of started)
      expect(readFileSync(join(root, file.replace('/dist/', '/src/').replace(/js$/, 'ts')), 'utf8')).not.toBe('');
    expect(text).toMatch(/^USER 10001:10001$/m);
  });
});
