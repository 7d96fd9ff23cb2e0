import type { Answer, Call, StoryProbe } from './route-caller.js';
import type { Tracked } from './story-of-tracking.js';

/** Eve notes what is wrong with the answers of her program, keeps a scorer for it, and the questions that it has to pass. */
export async function storyOfEvaluation(probe: StoryProbe, { experiment }: Tracked): Promise<void> {
  const mlflow = (
    verb: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body: object,
    params: Call['params'] = {},
  ): Promise<Answer> => probe.send({ route: `${verb} /api/3.0/mlflow/${path}`, as: 'eve', params, body });

  const { issue } = await mlflow('POST', 'issues', {
    experiment_id: experiment,
    name: 'slow',
    description: 'It is slow.',
  });
  await mlflow('PATCH', 'issues/:issue_id', { status: 'resolved' }, { issue_id: issue.issue_id });
  await mlflow('POST', 'issues/search', { experiment_id: experiment });

  const scorer = { experiment_id: experiment, name: 'exact' };
  await mlflow('POST', 'scorers/register', { ...scorer, serialized_scorer: '{"name": "exact"}' });
  await mlflow('DELETE', 'scorers/delete', scorer);

  const { dataset } = await mlflow('POST', 'datasets/create', {
    name: 'questions',
    tags: '{"team": "risk", "old": "yes"}',
  });
  const one = { dataset_id: dataset.dataset_id };
  await mlflow('POST', 'datasets/search', {});
  await mlflow('PATCH', 'datasets/:dataset_id/tags', { tags: '{"team": "ml"}' }, one);
  await mlflow('DELETE', 'datasets/:dataset_id/tags/:key', {}, { ...one, key: 'old' });
  await mlflow('POST', 'datasets/:dataset_id/add-experiments', { experiment_ids: [experiment] }, one);
  await mlflow('POST', 'datasets/:dataset_id/remove-experiments', { experiment_ids: [experiment] }, one);
  await mlflow('POST', 'datasets/:dataset_id/records', { records: '[{"inputs": {"question": "What?"}}]' }, one);
  await mlflow('DELETE', 'datasets/:dataset_id/records', { dataset_record_ids: ['none'] }, one);
  await mlflow('DELETE', 'datasets/:dataset_id', {}, one);
}
