export { readMonitorStates, type MonitorState, type OpenAlert } from './monitor-states.js';
