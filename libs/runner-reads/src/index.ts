export { JobLinks, type JobInput, type JobOrigin } from './job-links.js';
