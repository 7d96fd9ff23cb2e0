export { readCheckVerdicts, type CheckVerdict } from './check-verdicts.js';
export { JobLinks, type JobFiring, type JobInput, type JobOrigin } from './job-links.js';
