# The service as a container, on the official base image of the Functions host. See docs/deploying.md#in-a-container
# docker build -t quota-functions .

# The dashboard's page
FROM node:22-bookworm-slim AS dashboard
WORKDIR /source/src/QuotaFunctions/Dashboard
COPY src/QuotaFunctions/Dashboard/package.json src/QuotaFunctions/Dashboard/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src/QuotaFunctions/openapi.json ../
COPY src/QuotaFunctions/Dashboard ./
RUN npm run build

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source

# What the packages follow from, so that a change of code does not fetch them again
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt ./
COPY src/Directory.Build.props src/
COPY src/QuotaFunctions/QuotaFunctions.csproj src/QuotaFunctions/
COPY src/QuotaFunctions.Core/QuotaFunctions.Core.csproj src/QuotaFunctions.Core/
RUN dotnet restore src/QuotaFunctions -r linux-x64 -p:PublishReadyToRun=true

COPY .editorconfig host.json prices.json ./
COPY src src
COPY --from=dashboard /source/artifacts/dashboard artifacts/dashboard
RUN dotnet publish src/QuotaFunctions -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -p:BuildDashboard=false -o /app

# For amd64 only, as the base image is
FROM mcr.microsoft.com/azure-functions/dotnet-isolated:4-dotnet-isolated10.0

# 8080, as a user without rights may not listen below 1024 everywhere. The host logs to the console and writes no files.
ENV ASPNETCORE_URLS=http://+:8080 \
    AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureWebJobsDisableHomepage=true \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    AzureFunctionsJobHost__Logging__FileLoggingMode=never \
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=50331648

COPY --from=build /app /home/site/wwwroot

# With a read-only root these are temporary file systems: /tmp /home/LogFiles /home/data
RUN mkdir -p /home/LogFiles /home/data && chown 1654:1654 /home/LogFiles /home/data

# The user "app" of the .NET images
USER 1654:1654
EXPOSE 8080

# By bash alone: the image has no curl
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]

# Not the image's own script: it does not pass SIGTERM on, and the host could not finish what it has begun
ENTRYPOINT ["/azure-functions-host/Microsoft.Azure.WebJobs.Script.WebHost"]
CMD []
