import { createHash } from 'node:crypto';
import { segment } from '../../api-client.js';
import { table } from '../../output/table.js';
import type { Step } from '../demo.js';
import { registerDataset } from '../find-or-make.js';
import { story } from '../story.js';

export const registerData: Step = {
  id: 'register-dataset',
  title: 'Register the applicants as a dataset version, with digest and profile',
  run: async (demo) => {
    const { data } = demo;
    const csv = data.csv(data.all);
    const registered = await registerDataset(demo, 'german-credit', csv);
    const profile = registered.columns;
    demo.holds(registered.digest === sha256(csv), 'the digest is the SHA-256 of the bytes that were sent');
    demo.holds(
      registered.rowCount === data.all.length && profile.length === data.columns.length,
      `all ${data.all.length} rows and ${data.columns.length} columns were profiled`,
    );
    const content = await demo
      .as('engineer')
      .send('GET', `/api/v1/datasets/${segment(registered.name)}/versions/${registered.version}/content`);
    demo.holds(sha256(await content.text()) === registered.digest, 'the stored bytes are the same');
    const again = await registerDataset(demo, 'german-credit', csv);
    demo.holds(again.version === registered.version, 'the same bytes again are the same version');
    const training = await registerDataset(demo, 'german-credit-training', data.csv(data.training));
    const heldOut = await registerDataset(demo, 'german-credit-held-out', data.csv(data.heldOut));
    demo.tell(
      table(
        [registered, training, heldOut],
        [
          { title: 'dataset', value: (row) => `${row.name}:${row.version}` },
          { title: 'rows', value: (row) => row.rowCount, align: 'right' },
          {
            title: story.target,
            value: (row) =>
              row.columns
                .find(({ name }) => name === story.target)
                ?.top?.map(({ value, count }) => `${value} ${count}`)
                .join(', '),
          },
          { title: 'sha256', value: (row) => `${row.digest.slice(0, 16)}…` },
        ],
      ),
    );
    return {
      dataset: registered.name,
      version: registered.version,
      digest: registered.digest,
      rows: registered.rowCount,
      trainingVersion: training.version,
      trainingDigest: training.digest,
      heldOutVersion: heldOut.version,
      heldOutDigest: heldOut.digest,
    };
  },
};

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
