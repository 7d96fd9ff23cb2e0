export { readCheckVerdicts, type CheckVerdict } from './check-verdicts.js';
export { readEvaluationOrder } from './evaluation-orders.js';
export { JobLinks, type JobFiring, type JobInput, type JobOrigin, modelsOfJob } from './job-links.js';
