using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Http;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Http;

public sealed class ProblemTests
{
    // Contract, section 3
    [Theory]
    [InlineData("key_missing", 401)]
    [InlineData("key_invalid", 401)]
    [InlineData("key_expired", 401)]
    [InlineData("key_revoked", 401)]
    [InlineData("key_disabled", 403)]
    [InlineData("provider_not_allowed", 403)]
    [InlineData("model_not_allowed", 403)]
    [InlineData("address_not_allowed", 403)]
    [InlineData("quota_exhausted", 429)]
    [InlineData("rate_limited", 429)]
    [InlineData("not_found", 404)]
    [InlineData("invalid_request", 400)]
    [InlineData("body_too_large", 413)]
    [InlineData("key_in_url", 400)]
    [InlineData("unsupported_encoding", 415)]
    [InlineData("not_supported", 501)]
    [InlineData("endpoint_not_allowed", 403)]
    [InlineData("quota_unavailable", 503)]
    [InlineData("upstream_unreachable", 502)]
    [InlineData("upstream_circuit_open", 503)]
    [InlineData("upstream_timeout", 504)]
    public void The_contract_names_code_and_status(string code, int status) =>
        Assert.Equal(status, Assert.Single(Problem.All, problem => problem.Code == code).Status);

    [Fact]
    public void Codes_and_types_are_unique_and_every_one_says_something()
    {
        Assert.Equal(Problem.All.Count, Problem.All.Select(problem => problem.Code).Distinct().Count());
        Assert.Equal(Problem.All.Count, Problem.All.Select(problem => problem.Type).Distinct().Count());
        Assert.All(Problem.All, problem =>
        {
            Assert.Matches("^[a-z_]+$", problem.Code);
            Assert.InRange(problem.Status, 400, 599);
            Assert.NotEmpty(problem.Title);
            Assert.EndsWith(".", problem.Detail, StringComparison.Ordinal);
            Assert.True(Uri.TryCreate(problem.Type, UriKind.Absolute, out _));
        });
    }

    [Fact]
    public void Every_refusal_of_a_charge_has_one()
    {
        // Both are told by one code; the detail says which
        var others = Enum.GetValues<ChargeRefusal>().Where(refusal => refusal != ChargeRefusal.TooManyCalls).ToList();
        Assert.Equal(others.Count, others.Select(Problem.For).Distinct().Count());
        Assert.Same(Problem.RateLimited, Problem.For(ChargeRefusal.TooManyCalls));
        Assert.Contains("max_concurrent", Refusal.Of(ChargeRefusal.TooManyCalls, null).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_one_is_documented()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "errors.md"));
        Assert.All(Problem.All, problem => Assert.Contains($"\n### `{problem.Code}` ({problem.Status})\n", page, StringComparison.Ordinal));
    }
}
