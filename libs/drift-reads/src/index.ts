export { readMonitorStates, type MonitorState, type OpenAlert } from './monitor-states.js';
export { WindowLinks, type PointerPeriod, type WindowOrigin } from './window-links.js';
