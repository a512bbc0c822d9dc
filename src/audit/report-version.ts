/** Of an audit's report; raised when a field of it changes its meaning or goes. */
export const auditReportVersion = 1;
