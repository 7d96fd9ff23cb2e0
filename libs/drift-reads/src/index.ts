export { readMonitorStates, type MonitorState, type OpenAlert } from './monitor-states.js';
export {
  WindowLinks,
  type AlertOrigin,
  type AlertWindow,
  type PointerPeriod,
  type WindowOrigin,
} from './window-links.js';
