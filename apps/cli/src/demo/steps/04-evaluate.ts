import { type Step, textFact } from '../demo.js';
import { evaluateVersion, evaluationText } from '../evaluation-job.js';
import { story } from '../story.js';

export const evaluate: Step = {
  id: 'evaluate',
  title: "The platform's own job measures it on held-out applicants, also by sex and age group",
  run: async (demo) => {
    const { jobId, evaluation } = await evaluateVersion(demo, textFact(demo, 'register-model', 'version'));
    const { metrics } = evaluation;
    demo.holds(
      evaluation.dataset.digest === demo.fact('register-dataset', 'heldOutDigest'),
      'it was measured on the pinned held-out version',
    );
    demo.holds(!evaluation.onTrainingData, 'the model was not trained on that data');
    demo.holds(evaluation.rows === story.rows.heldOut, `all ${story.rows.heldOut} held-out applicants were scored`);
    demo.holds(
      metrics.auc !== undefined && metrics.accuracy !== undefined && metrics.calibration_error !== undefined,
      'AUC, accuracy and calibration were measured',
    );
    demo.holds(evaluation.calibration.length > 0, `the reliability table has ${evaluation.calibration.length} bins`);
    for (const { column } of story.slices)
      demo.holds(
        (evaluation.slices.find((slice) => slice.column === column)?.groups.length ?? 0) > 1,
        `the same was measured by ${column}`,
      );
    demo.tell(evaluationText(evaluation));
    return {
      jobId,
      evaluationId: evaluation.id,
      evaluationDigest: evaluation.digest,
      metrics,
      gaps: Object.fromEntries(evaluation.slices.map((slice) => [slice.column, slice.gaps])),
      groups: Object.fromEntries(evaluation.slices.map((slice) => [slice.column, slice.groups])),
    };
  },
};
